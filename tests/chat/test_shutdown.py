"""A server that is told to stop commits what it has taken in before it is gone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from channels.db import database_sync_to_async

from chat import writer as writing
from chat.batch import Committed, commit
from chat.memory import Memory
from chat.models import Utterance
from chat.rules import Action
from esc.asgi import application
from tests.chat import talk
from tests.chat.sockets import saying, tab
from tests.people import Person

db = database_sync_to_async


@pytest.mark.django_db(transaction=True)
async def test_a_message_that_waits_is_committed_before_the_process_ends(
    sam: Person, pat: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope: Any = {"type": "lifespan"}
    may_commit, said = threading.Event(), list[str]()
    orders: asyncio.Queue[Any] = asyncio.Queue()

    def held_up(actions: Sequence[Action], memory: Memory, *, again: bool = False) -> Committed:
        may_commit.wait(timeout=4)
        return commit(actions, memory, again=again)

    async def hear(message: Any) -> None:
        said.append(message["type"])

    monkeypatch.setattr(writing, "commit", held_up)
    conversation = await db(talk.paired)(sam, pat)
    life = asyncio.create_task(application(scope, orders.get, hear))
    orders.put_nowait({"type": "lifespan.startup"})
    async with tab(sam, conversation) as seeker:
        await seeker.send(saying("Does this arrive?"))
        await seeker.refused("not a frame")  # so the message before it was taken in
    orders.put_nowait({"type": "lifespan.shutdown"})
    await asyncio.wait([life], timeout=0.2)
    assert "lifespan.shutdown.complete" not in said
    may_commit.set()
    await life
    assert said[-1] == "lifespan.shutdown.complete"
    assert await db(Utterance.objects.filter(conversation=conversation, text="Does this arrive?").count)() == 1
