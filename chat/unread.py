"""The short way of a batch: what the writer remembers is written without being read, in one statement.

Only what nobody need look at goes this way: no refusal (it may come of what is remembered wrongly) and no danger. All
the rest is locked and read first (`chat.batch`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import psycopg2
from django.utils import timezone

from chat.danger import may_be_heard
from chat.line import Line
from chat.memory import Memory
from chat.rows import WRITE_PREPARED, values_of
from chat.rules import Action, Answer, Standing, take
from esc.errors import Refusal


class Done(NamedTuple):
    """What was committed in one conversation: its new standing, and the answers to its actions, in their order."""

    standing: Standing
    answers: list[Answer]


async def commit_unread(actions: Sequence[Action], memory: Memory, line: Line) -> dict[UUID, Done]:
    """The conversations in which everything could be done. In no other one anything was."""
    now = timezone.now()
    guesses: dict[UUID, Done] = {}
    for action in actions:
        guess = guesses.get(action.conversation_id)
        if guess is None:
            standing = memory.take(action.conversation_id)
            if standing is None:
                continue
            guess = guesses[action.conversation_id] = Done(standing, [])
        guess.answers.append(take(guess.standing, action, now))
    plain = [guess for guess in guesses.values() if _is_plain(guess)]
    if not plain:
        return {}
    try:
        rows = await line.fetch(WRITE_PREPARED, values_of([guess.standing for guess in plain], now))
    except psycopg2.IntegrityError:  # some message was posted before; whoever reads the rows finds out which
        return {}
    done = [plain[place] for (place,) in rows]
    memory.keep(guess.standing for guess in done)
    return {guess.standing.id: guess for guess in done}


def _is_plain(guess: Done) -> bool:
    return not any(isinstance(answer, Refusal) for answer in guess.answers) and not may_be_heard(guess.standing)
