from __future__ import annotations

from collections.abc import Iterator

import pytest

from chat.writer import writer


@pytest.fixture(autouse=True, scope="session")
def _close_the_writers_connection(django_db_setup: None) -> Iterator[None]:
    """The writer's thread keeps a connection; a PostgreSQL test database can only be dropped without it."""
    yield
    writer.close()
