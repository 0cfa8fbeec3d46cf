"""Keeps people out of the access log: no addresses, no query strings (a panel's ids arrive in one)."""

from __future__ import annotations

import logging


class PrivateAccess(logging.Filter):
    """Rewrites uvicorn's access and WebSocket lines; every other record passes untouched."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple) and ("HTTP/" in str(record.msg) or "WebSocket" in str(record.msg)):
            _address, *rest = record.args
            record.args = ("-", *(arg.split("?")[0] if isinstance(arg, str) else arg for arg in rest))
        return True
