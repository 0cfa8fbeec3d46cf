from __future__ import annotations

from collections.abc import Callable

import pytest

from chat.models import Conversation
from chat.pairing import enter_lobby
from esc.ontology import Role
from esc.studies.models import Study
from modelserve import services
from modelserve.engines.base import Engine
from tests.chat.talk import seat_of
from tests.modelserve.models import Worker
from tests.people import Person, join


def with_an_agent(study: Study) -> tuple[Person, Conversation]:
    """A new seeker, and the conversation with the scripted supporter that just began."""
    person = join(study, Role.SEEKER, arm="scripted")
    enter_lobby(sitting=person.sitting)
    return person, Conversation.objects.get(seeker=seat_of(person))


@pytest.fixture
def conversation(study: Study) -> Conversation:
    """A conversation with the scripted supporter in which nobody has said anything."""
    return with_an_agent(study)[1]


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    return Worker(monkeypatch)


@pytest.fixture
def seated(monkeypatch: pytest.MonkeyPatch) -> Callable[[Engine], None]:
    """Puts another engine in the place of the script."""

    def seat(engine: Engine) -> None:
        monkeypatch.setattr(services, "script", lambda: engine)

    return seat
