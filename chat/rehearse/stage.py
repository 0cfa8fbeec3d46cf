"""What the people of one rehearsal share: how they are to behave, what they say, and what is noted about it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar
from urllib.parse import urlsplit

from chat.rehearse.figures import Times
from chat.rehearse.script import Script
from chat.rehearse.verdict import Log
from esc.ontology import Role

T = TypeVar("T")


class Stuck(Exception):
    """A person who cannot go on, and why."""


@dataclass(frozen=True)
class Habits:
    """What is special about one person."""

    two_tabs: bool = False
    is_slow: bool = False
    reloads: bool = False


@dataclass
class Talk:
    """One conversation, as its two people share it."""

    script: Script
    log: Log
    drop_out: tuple[Role, int] | None = None  # who leaves without a word, and before which of their lines
    done: set[Role] = field(default_factory=set)  # who has said everything and has an answer for it
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something about this conversation holds."""
        async with self.changed:
            await self.changed.wait_for(holds)

    async def tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()


@dataclass
class Stage:
    """The rehearsal itself."""

    scripts: Iterator[Script]
    rng: Random
    # What its people know: the label to choose, by words that a form says.
    answers: Mapping[str, str] = field(default_factory=dict)
    pace: float = 1.0  # seconds, on average, between two messages of one person
    patience: float = 120.0  # seconds without a step after which a person is stuck
    drop_outs: float = 0.0  # per cent of the conversations
    talks: dict[str, Talk] = field(default_factory=dict)  # by conversation id
    times: Times = field(default_factory=Times)

    def talk(self, conversation_id: str) -> Talk:
        """The conversation of that id; the first of its two people brings the script."""
        if conversation_id not in self.talks:
            self.talks[conversation_id] = self._begin(conversation_id)
        return self.talks[conversation_id]

    def _begin(self, conversation_id: str) -> Talk:
        script = next(self.scripts)
        talk = Talk(script, Log(conversation_id))
        if self.rng.uniform(0, 100) < self.drop_outs:
            role = self.rng.choice(list(Role))
            lines = sum(line.role is role for line in script)
            talk.drop_out = (role, self.rng.randrange(lines)) if lines else None
        return talk

    async def patiently(self, what: str, waiting: Awaitable[T]) -> T:
        """What was waited for. Raises Stuck where it does not come."""
        try:
            return await asyncio.wait_for(waiting, self.patience)
        except TimeoutError:
            raise Stuck(f"waited {self.patience:.0f} s in vain {what}") from None


def sockets_of(base: str) -> tuple[str, str]:
    """Where the sockets of a site are, and the Origin of its pages."""
    parts = urlsplit(base)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return f"{scheme}://{parts.netloc}", f"{parts.scheme}://{parts.netloc}"
