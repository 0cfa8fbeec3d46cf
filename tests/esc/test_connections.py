"""A page gives its database connection back; otherwise a busy afternoon would use them all up."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from esc.asgi import application


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[BaseDatabaseWrapper]]:
    """Every connection that is opened from here on, kept as long as it is served with, and no garbage collected."""
    seen: list[BaseDatabaseWrapper] = []

    def note(connection: BaseDatabaseWrapper, **_: Any) -> None:
        seen.append(connection)

    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 60)
    gc.disable()
    connection_created.connect(note)
    yield seen
    connection_created.disconnect(note)
    gc.enable()
    for connection in seen:
        connection.inc_thread_sharing()
        connection.close()


async def get(path: str) -> int:
    """The status with which the whole application answers a browser."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    browser: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]
    await browser.send_input({"type": "http.request", "body": b"", "more_body": False})
    status = int((await browser.receive_output())["status"])
    while (await browser.receive_output()).get("more_body"):
        pass
    await browser.send_input({"type": "http.disconnect"})
    await browser.wait()
    return status


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("path", "status"), [("/health/", 200), ("/join/nobody/", 404)])
async def test_a_page_gives_its_connection_back(path: str, status: int, opened: list[BaseDatabaseWrapper]) -> None:
    for _ in range(3):
        assert await get(path) == status
    assert opened, "these pages ask the database"
    assert [connection.connection for connection in opened if connection.connection is not None] == []
