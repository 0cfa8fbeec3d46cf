from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from chat.models import Conversation
from esc.studies.loading import default_protocol_text
from esc.studies.models import Study
from esc.studies.services import open_study
from tests.chat.conftest import _close_the_writers_connection as _close_the_writers_connection
from tests.chat.talk import paired
from tests.people import Person


@pytest.fixture
def conversation(sam: Person, pat: Person) -> Conversation:
    return paired(sam, pat)


@pytest.fixture
def rita(db: None) -> User:
    """A researcher."""
    return User.objects.create_superuser("rita", password="long enough for once")


def reopen(study: Study, *changes: tuple[str, str]) -> Study:
    """The study under a changed protocol, as a researcher opens it again."""
    text = default_protocol_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    study.draft = text
    study.save()
    open_study(study_id=study.pk)
    study.refresh_from_db()
    return study
