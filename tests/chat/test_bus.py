"""A push that got lost on its way between processes: whoever hears nothing is compared with the rows."""

from __future__ import annotations

import pytest
from channels.db import database_sync_to_async

from chat import bus
from chat.models import Conversation
from chat.registry import Missed, Registry, Socket
from esc.ontology import Role
from tests.chat.talk import end, paired, say
from tests.people import Person

db = database_sync_to_async
pytestmark = pytest.mark.django_db(transaction=True)


class Reader:
    """A socket of the seeker that notes whether it read the rows."""

    def __init__(self, conversation: Conversation) -> None:
        self.reads = 0
        self.socket = Socket(f"{conversation.pk}/seeker", send=self.send, close=self.close, reread=self.reread)

    async def send(self, text: str) -> None: ...

    async def close(self, code: int) -> None:
        raise AssertionError("nobody is let go here")

    async def reread(self, socket: Socket) -> Missed:
        self.reads += 1
        return Missed(socket.seen, [])


@pytest.fixture
def conversation(sam: Person, pat: Person) -> Conversation:
    return paired(sam, pat)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    made = Registry()
    monkeypatch.setattr(bus, "registry", made)
    return made


async def test_who_missed_something_reads_the_rows(conversation: Conversation, registry: Registry) -> None:
    reader = Reader(conversation)
    registry.add(reader.socket)
    reader.socket.welcome(Missed(0, []))
    await bus._compare()
    assert reader.reads == 0
    await db(say)(conversation, Role.SEEKER, "Hello")
    await bus._compare()
    assert reader.reads == 1


async def test_who_missed_the_end_reads_the_rows(conversation: Conversation, registry: Registry) -> None:
    reader = Reader(conversation)
    registry.add(reader.socket)
    reader.socket.welcome(Missed(0, []))
    await db(end)(conversation)
    await bus._compare()
    assert reader.reads == 1


async def test_to_whom_something_came_lately_is_left_alone_once(conversation: Conversation, registry: Registry) -> None:
    reader = Reader(conversation)
    registry.add(reader.socket)
    reader.socket.welcome(Missed(0, []))
    for _ in range(2):
        await db(say)(conversation, Role.SEEKER, "Hello")
    reader.socket.show(1, "{}")
    await bus._compare()
    assert reader.reads == 0
    await bus._compare()
    assert reader.reads == 1
