from __future__ import annotations

import pytest
from django.db import connections

from esc.ontology import Role
from esc.studies.frozen import frozen
from esc.studies.loading import default_protocol_text
from esc.studies.models import Study
from esc.studies.services import create_study, open_study
from tests.people import Person, join


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file, as it is served: in memory, a second thread would be refused a lock that here it waits for."""
    config = connections.databases["default"]
    config["CONN_MAX_AGE"] = 0  # a kept connection of some thread would not let a PostgreSQL test database go
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True)
def no_versions_of_other_tests() -> None:
    """A frozen version is read once a process; but a test's are rolled back, and the next one's get the same ids."""
    frozen.cache_clear()


@pytest.fixture
def study(db: None) -> Study:
    """An open study under the default protocol."""
    made = create_study(slug="demo", text=default_protocol_text())
    open_study(study_id=made.pk)
    made.refresh_from_db()
    return made


@pytest.fixture
def sam(study: Study) -> Person:
    """A seeker who waits in the lobby."""
    return join(study, Role.SEEKER)


@pytest.fixture
def pat(study: Study) -> Person:
    """A supporter who waits in the lobby."""
    return join(study, Role.SUPPORTER)


@pytest.fixture
def mallory(study: Study) -> Person:
    """A seeker of the same study who has no part in Sam's and Pat's conversation."""
    return join(study, Role.SEEKER)
