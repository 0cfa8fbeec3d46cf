"""Nobody's address and no query string reaches a log; a panel's ids arrive in one."""

from __future__ import annotations

import logging
import urllib.request
from pathlib import Path

import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from esc.logs import PrivateAccess
from tests.browser.live import live_server

UVICORN = [
    ('%s - "%s %s HTTP/%s" %d', ("203.0.113.9:5000", "GET", "/join/x/?PROLIFIC_PID=5f0", "1.1", 302)),
    ('%s - "WebSocket %s" [accepted]', ("203.0.113.9:5000", "/ws/chat/1/?after=PROLIFIC_PID=5f0")),
    ('%s - "WebSocket %s" 403', ("203.0.113.9:5000", "/ws/chat/1/?PROLIFIC_PID=5f0")),
    ('%s - "WebSocket %s" %d', ("203.0.113.9:5000", "/ws/chat/1/?PROLIFIC_PID=5f0", 403)),
]


def filtered(message: str, arguments: tuple[object, ...]) -> str:
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, message, arguments, None)
    assert PrivateAccess().filter(record)
    return record.getMessage()


@pytest.mark.parametrize(("message", "arguments"), UVICORN)
def test_access_line_loses_address_and_query_and_keeps_the_path(message: str, arguments: tuple[object, ...]) -> None:
    line = filtered(message, arguments)
    assert "203.0.113.9" not in line
    assert "5f0" not in line
    assert "?" not in line
    assert "/join/x/" in line or "/ws/chat/1/" in line


def test_any_other_line_passes_untouched() -> None:
    assert filtered("Started server process [%d]", (7,)) == "Started server process [7]"
    assert filtered("connection open", ()) == "connection open"


def test_real_server_writes_neither_address_nor_query(tmp_path: Path) -> None:
    with live_server(tmp_path) as live:
        urllib.request.urlopen(f"{live.url}/?PROLIFIC_PID=5f0secret").close()
        socket = f"ws{live.url.removeprefix('http')}/ws/chat/7d1c6f2e-0000-4000-8000-000000000000/?after=5f0secret"
        with connect(socket, origin=Origin(live.url)):
            pass
    log = live.log.read_text()
    assert '- - "GET / HTTP/1.1" 200' in log
    assert '- - "WebSocket /ws/chat/' in log
    assert "5f0secret" not in log
    assert "127.0.0.1:" not in "".join(
        line for line in log.splitlines() if "uvicorn.access" in line or "WebSocket" in line
    )
