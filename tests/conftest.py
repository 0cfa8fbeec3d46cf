from __future__ import annotations

import pytest

from esc.ontology import Role
from esc.studies.loading import default_protocol_text
from esc.studies.models import Study
from esc.studies.services import create_study, open_study
from tests.people import Person, join


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
