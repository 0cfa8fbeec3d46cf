"""The writer's own line to PostgreSQL: errors of a statement leave it whole, a lost connection is opened anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg2
import pytest
from django.db import connection

from chat.line import Line

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="a line goes to PostgreSQL"),
]


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    line = Line("PREPARE twice (int) AS SELECT $1 * 2")
    yield line
    line.close()


async def test_it_is_opened_when_needed_and_knows_its_statements(line: Line) -> None:
    assert await line.fetch("EXECUTE twice (%(n)s)", {"n": 21}) == [(42,)]


async def test_while_it_waits_others_go_on(line: Line) -> None:
    waiting = asyncio.create_task(line.fetch("SELECT pg_sleep(0.2)", {}))
    await asyncio.sleep(0.02)
    assert not waiting.done()
    assert len(await waiting) == 1


async def test_a_connection_that_was_killed_is_opened_anew(line: Line) -> None:
    with pytest.raises(psycopg2.OperationalError):
        await line.fetch("SELECT pg_terminate_backend(pg_backend_pid())", {})
    assert await line.fetch("EXECUTE twice (%(n)s)", {"n": 4}) == [(8,)]


async def test_who_stops_waiting_leaves_no_half_answer_behind(line: Line) -> None:
    await line.fetch("SELECT 1", {})
    waiting = asyncio.create_task(line.fetch("SELECT pg_sleep(1)", {}))
    await asyncio.sleep(0.02)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await line.fetch("EXECUTE twice (%(n)s)", {"n": 1}) == [(2,)]


async def test_a_wrong_statement_is_told_and_the_next_one_is_right(line: Line) -> None:
    with pytest.raises(psycopg2.ProgrammingError):
        await line.fetch("SELECT nothing FROM nowhere", {})
    assert await line.fetch("EXECUTE twice (%(n)s)", {"n": 3}) == [(6,)]
