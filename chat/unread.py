"""The short way of a batch: what the writer remembers is written without being read, in one statement.

Only what nobody need look at goes this way: no refusal (it may come of what is remembered wrongly) and no danger. All
the rest is locked and read first (`chat.batch`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import psycopg2
from django.utils import timezone

from chat.danger import may_be_heard
from chat.line import Line
from chat.memory import Memory
from chat.rows import WRITE_PREPARED, values_of
from chat.rules import Action, Answer, Standing, Told, take
from esc.errors import Refusal


class Unread(NamedTuple):
    """What was committed: the answer to each action, None where it was not, and what is to be told."""

    answers: list[Answer | None]
    told: list[Told]


class Guess(NamedTuple):
    """A conversation as it will stand, and the answers to its actions by their place in the batch."""

    standing: Standing
    answers: dict[int, Answer]

    @property
    def is_plain(self) -> bool:
        refused = any(isinstance(answer, Refusal) for answer in self.answers.values())
        return not refused and not may_be_heard(self.standing)


async def commit_unread(actions: Sequence[Action], memory: Memory, line: Line) -> Unread:
    """Commits the conversations in which everything can be done. In no other one anything is."""
    now = timezone.now()
    committed = Unread([None] * len(actions), [])
    plain = [guess for guess in _guesses(actions, memory, now) if guess.is_plain]
    if not plain:
        return committed
    try:
        rows = await line.fetch(WRITE_PREPARED, values_of([guess.standing for guess in plain], now))
    except psycopg2.IntegrityError:  # some message was posted before; whoever reads the rows finds out which
        return committed
    for (number,) in rows:
        standing, answers = plain[number]
        memory.keep(standing)
        committed.told.extend(standing.told)
        for place, answer in answers.items():
            committed.answers[place] = answer
    return committed


def _guesses(actions: Sequence[Action], memory: Memory, now: datetime) -> Iterable[Guess]:
    """The conversations that are remembered, with all that was done in them."""
    guesses: dict[UUID, Guess] = {}
    for place, action in enumerate(actions):
        guess = guesses.get(action.conversation_id)
        if guess is None:
            standing = memory.take(action.conversation_id)
            if standing is None:
                continue
            guess = guesses[action.conversation_id] = Guess(standing, {})
        guess.answers[place] = take(guess.standing, action, now)
    return guesses.values()
