"""A study whose supporter is a model, and what a worker with that model does: the engine alone is the test's own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from chat.models import Connection, Conversation
from chat.pairing import enter_lobby
from chat.presence import connect
from esc.ontology import Role
from esc.studies.loading import default_protocol_text
from esc.studies.models import Study
from esc.studies.services import create_study, open_study
from modelserve import loaded, services, serving
from modelserve.engines.base import Engine
from modelserve.engines.loading import EngineSpec
from modelserve.loaded import Loaded
from modelserve.models import Agent
from tests.chat.talk import seat_of
from tests.people import Person, join

CHECKPOINT = "/checkpoints/robin"
HASH = "c0ffee" * 10 + "abcd"


def later(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def protocol_with(*names: str, more: str = "", **changes: str) -> str:
    """The default protocol in which these models are agents, each with an arm of its name; with these keys changed.

    `more`: lines for each of the agents.
    """
    text = default_protocol_text()
    for key, value in changes.items():
        text = re.sub(rf"^{key} = \S+", f"{key} = {value}", text, count=1, flags=re.MULTILINE)
    for name in names:
        text += f'\n[[agents]]\nname = "{name}"\nengine = "model"\n{more}\n'
        text += f'\n[[arms]]\nname = "{name.lower()}"\nsupporter = "{name}"\nweight = 0\n'
    return text


@dataclass
class Worker:
    """A worker's process: what it has in memory, and the files and engines that it finds by their checkpoint."""

    monkeypatch: pytest.MonkeyPatch
    engines: dict[str, Engine | Exception] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    seats: Loaded = field(default_factory=Loaded)
    loads: list[EngineSpec] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.monkeypatch.setattr(loaded, "load_engine", self._load)
        self.monkeypatch.setattr(loaded, "checkpoint_hash", lambda checkpoint: self.hashes.get(checkpoint, HASH))

    def _load(self, spec: EngineSpec) -> Engine:
        self.loads.append(spec)
        found = self.engines[spec.checkpoint]
        if isinstance(found, Exception):
            raise found
        return found

    def restart(self) -> None:
        """All that was in memory is gone."""
        self.seats = Loaded()

    def serve(self, seconds: float = 4) -> bool:
        """One round, so many seconds from now."""
        return serving.serve(now=later(seconds), seats=self.seats)

    def answer(self) -> None:
        """Both steps of every turn that waits."""
        self.serve()
        services.answer_turns(now=later(20))


def robin(worker: Worker, engine: Engine | Exception) -> Agent:
    """The agent Robin, which that worker has in memory unless its engine is an exception."""
    agent = Agent.objects.create(name="Robin", engine=Agent.Engine.SEQ2SEQ, checkpoint=CHECKPOINT)
    worker.engines[CHECKPOINT] = engine
    worker.serve(0)
    agent.refresh_from_db()
    return agent


def opened(text: str, slug: str = "models") -> Study:
    study = create_study(slug=slug, text=text)
    open_study(study_id=study.pk)
    study.refresh_from_db()
    return study


def with_robin(study: Study, *, arm: str = "robin") -> tuple[Person, Conversation]:
    """A new seeker whose page is open, and their conversation with Robin (or with that arm's), who is to open it."""
    person = join(study, Role.SEEKER, arm=arm)
    enter_lobby(sitting=person.sitting)
    seat = seat_of(person)
    conversation = Conversation.objects.get(seeker=seat)
    connect(connection_id=uuid4(), seat_id=seat.pk, conversation_id=conversation.pk)
    Connection.objects.filter(seat=seat).update(alive_until=later(3600))
    return person, conversation


def spoken(conversation: Conversation) -> list[str]:
    return [row.text for row in conversation.utterances.filter(role=Role.SUPPORTER)]
