"""Group commit: what waits goes together, a failure stays alone, and a lost database is waited for."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

from chat import writer as writing
from chat.batch import Committed
from chat.memory import Memory
from chat.registry import Missed, Socket
from chat.rules import Action, Posted, Rate, Say
from chat.writer import Writer
from esc.errors import Refusal
from esc.ontology import Role


class Tab:
    def __init__(self) -> None:
        self.frames: list[dict[str, object]] = []
        self.came = asyncio.Condition()
        self.socket = Socket("at", send=self.send, close=self.close, reread=self.reread)
        self.socket.welcome(Missed(0, []))

    async def send(self, text: str) -> None:
        async with self.came:
            self.frames.append(json.loads(text))
            self.came.notify_all()

    async def close(self, code: int) -> None:
        raise AssertionError("nobody is let go here")

    async def reread(self, socket: Socket) -> Missed:
        return Missed(socket.seen, [])

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10), self.came:
            await self.came.wait_for(lambda: len(self.frames) >= count)


def saying(text: str = "Hello", client_id: UUID | None = None) -> Say:
    return Say(uuid4(), Role.SEEKER, client_id or uuid4(), text)


Commit = Callable[..., Committed]


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[list[Action]]:
    """What the writer committed; the database is this list."""
    committed: list[list[Action]] = []

    def commit(actions: Sequence[Action], memory: Memory, *, again: bool = False) -> Committed:
        if any(isinstance(action, Say) and action.text == "poison" for action in actions):
            raise ValueError("poison")
        committed.append(list(actions))
        posted = [Posted(action.client_id, 1, timezone.now()) for action in actions if isinstance(action, Say)]
        return Committed(list(posted), [])

    monkeypatch.setattr(writing, "commit", commit)
    return committed


async def test_what_waits_is_committed_together(batches: list[list[Action]]) -> None:
    writer, tab = Writer(), Tab()
    for _ in range(20):
        writer.put(saying(), tab.socket)
    await writer.settled()
    await tab.until(20)
    assert [len(batch) for batch in batches] == [20]
    assert {frame["type"] for frame in tab.frames} == {"ack"}


async def test_one_that_fails_fails_alone(batches: list[list[Action]]) -> None:
    writer, tab = Writer(), Tab()
    poison = saying("poison")
    for say in (saying(), poison, saying()):
        writer.put(say, tab.socket)
    await writer.settled()
    await tab.until(3)
    assert len(batches) == 2
    refused = [frame for frame in tab.frames if frame["type"] == "refused"]
    assert [(frame["code"], frame["client_id"]) for frame in refused] == [("failed", str(poison.client_id))]


async def test_past_its_bound_it_is_busy(batches: list[list[Action]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_WAITING", 2)
    writer, tab = Writer(), Tab()
    writer.put(saying(), tab.socket)
    writer.put(saying(), tab.socket)
    with pytest.raises(Refusal) as refused:
        writer.put(saying(), tab.socket)
    assert refused.value.code == "busy"
    await writer.settled()
    writer.put(saying(), tab.socket)
    await writer.settled()
    await tab.until(3)


async def test_a_lost_database_is_waited_for(batches: list[list[Action]], monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[bool] = []
    there: Commit = writing.commit  # type: ignore[attr-defined]

    def commit(actions: Sequence[Action], memory: Memory, *, again: bool = False) -> Committed:
        tries.append(again)
        if len(tries) < 3:
            raise OperationalError("gone")
        return there(actions, memory, again=again)

    monkeypatch.setattr(writing, "commit", commit)
    monkeypatch.setattr(writing, "LONGEST_PAUSE", 0.01)
    writer, tab = Writer(), Tab()
    writer.put(saying(), tab.socket)
    await writer.settled()
    await tab.until(1)
    assert tries == [False, True, True], "whether the first try was committed nobody knows"
    assert [frame["type"] for frame in tab.frames] == ["ack"]


async def test_a_refused_rating_names_no_client_id(monkeypatch: pytest.MonkeyPatch) -> None:
    def commit(actions: Sequence[Action], memory: Memory, *, again: bool = False) -> Committed:
        return Committed([Refusal("bad_feedback", "No.") for _ in actions], [])

    monkeypatch.setattr(writing, "commit", commit)
    writer, tab = Writer(), Tab()
    writer.put(Rate(uuid4(), Role.SEEKER, 2, 5), tab.socket)
    await writer.settled()
    await tab.until(1)
    assert tab.frames == [{"type": "refused", "code": "bad_feedback", "message": "No."}]


async def test_a_batch_is_answered_while_the_next_one_is_committed(
    batches: list[list[Action]], monkeypatch: pytest.MonkeyPatch
) -> None:
    there: Commit = writing.commit  # type: ignore[attr-defined]
    may_go_on = threading.Event()

    def commit(actions: Sequence[Action], memory: Memory, *, again: bool = False) -> Committed:
        if batches:
            may_go_on.wait(10)
        return there(actions, memory, again=again)

    monkeypatch.setattr(writing, "commit", commit)
    writer, tab = Writer(), Tab()
    for _ in range(100):
        writer.put(saying(), tab.socket)
        if len(tab.frames) == 0:
            await asyncio.sleep(0)  # the first of them is on its way alone
    await tab.until(1)
    assert len(batches) == 1, "the second batch is still being committed"
    may_go_on.set()
    await writer.settled()
    await tab.until(100)
    assert len(tab.frames) == 100


async def test_who_cannot_be_answered_comes_back_and_asks_again(
    batches: list[list[Action]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a fault of ours")

    closed: list[int] = []

    async def close(code: int) -> None:
        closed.append(code)

    monkeypatch.setattr(writing, "_reply", broken)
    writer, tab = Writer(), Tab()
    tab.socket = Socket("at", send=tab.send, close=close, reread=tab.reread)
    tab.socket.welcome(Missed(0, []))
    writer.put(saying(), tab.socket)
    await writer.settled()
    assert closed == [1013]
    assert len(batches) == 1, "it is committed, and told when the page sends it again"
