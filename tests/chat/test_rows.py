"""The statement that writes a batch finds its rows by index, also where its plan was made over empty tables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from chat.line import Line
from chat.rows import PREPARED, WRITE_PREPARED, values_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL is written to unread"),
]
TABLES = {"chat_conversation", "chat_feedback"}


@pytest.fixture
def known_to_be_empty() -> None:
    """A vacuum tells PostgreSQL so; of a table that it never looked at it supposes that there is something in it."""
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {', '.join(TABLES)}")


@pytest.fixture
async def line(known_to_be_empty: None) -> AsyncIterator[Line]:
    line = Line(PREPARED)
    yield line
    line.close()


def scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every look into a table, in a plan as EXPLAIN tells it."""
    if node.get("Relation Name") in TABLES and node["Node Type"] != "ModifyTable":
        yield node
    for below in node.get("Plans", []):
        yield from scans(below)


async def test_no_table_is_read_from_one_end_to_the_other(line: Line) -> None:
    ((plan,),) = await line.fetch(f"EXPLAIN (FORMAT json) {WRITE_PREPARED}", values_of([], timezone.now()))
    found = list(scans(plan[0]["Plan"]))
    assert {scan["Relation Name"] for scan in found} == TABLES
    for scan in found:
        by_index = scan.get("Index Cond") or scan.get("Recheck Cond")
        assert by_index, scan
        assert "id" in by_index, scan
