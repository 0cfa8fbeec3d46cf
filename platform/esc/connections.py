"""Database connections of pages: given back when the page is out."""

from __future__ import annotations

from typing import Any

from django.core.signals import request_finished
from django.db import connections
from django.dispatch import receiver


@receiver(request_finished)
def give_back(**_: Any) -> None:
    """Close what the page used. Under ASGI every page has a thread of its own, which ends with it: a connection that
    is kept for the thread's next page is never used again, and stays open until the garbage collector comes by. (The
    sockets' threads live on, and keep theirs: `CONN_MAX_AGE`.)"""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:  # a test's own
            connection.close()
