"""Which of a conversation's clocks has run out, and whose doing that is: pure rules over due times (DESIGN §5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from esc.ontology import Ending, Role

TYPING_COUNTS = timedelta(minutes=10)  # so long after the reply became due, typing restarts the clock of silence
TYPING_NOTED = timedelta(seconds=5)  # typing is written down this often at most


Opens = Literal["either", "seeker", "supporter"]


class Silence(NamedTuple):
    """How long silence may last, in seconds: before the first message, before a nudge, and in all."""

    first_message: int
    nudge: int
    end: int


class Due(NamedTuple):
    """An ending that is due. `by`: whose doing it is; None where it is both people's, or nobody's."""

    ending: Ending
    by: Role | None


@dataclass(frozen=True, slots=True)
class Watch:
    """What the clocks of an open conversation say; None (or missing) is a clock that does not run."""

    proposed_until: datetime | None = None
    silent_until: datetime | None = None
    back_by: Mapping[Role, datetime] = field(default_factory=dict)  # who is away, and how long they are waited for
    came: Collection[Role] = ()  # whose page has been open at all
    owed_by: Role | None = None  # who owes the reply; None: either may write the first word
    agent: bool = False  # a program sits in the supporter's seat


def first_word(opens: Opens, *, agent: bool) -> Role | None:
    """Who owes the first message; None where either may write it. An agent opens unless the seeker has to."""
    if agent and opens != "seeker":
        return Role.SUPPORTER
    return None if opens == "either" else Role(opens)


def run_out(watch: Watch, now: datetime) -> Due | None:
    """What is due by the clock that ran out first; None while none has."""
    over = [clock for clock in (_proposal(watch), _absence(watch, now), _silence(watch)) if clock and clock[0] <= now]
    return min(over, key=lambda clock: clock[0])[1] if over else None


def _proposal(watch: Watch) -> tuple[datetime, Due] | None:
    if watch.proposed_until is None:
        return None
    return watch.proposed_until, Due(Ending.ENDED_BY_SUPPORTER, Role.SUPPORTER)


def _absence(watch: Watch, now: datetime) -> tuple[datetime, Due] | None:
    """Who did not come, or did not come back; both, where by now both are overdue."""
    if not watch.back_by:
        return None
    first = min(watch.back_by, key=lambda role: watch.back_by[role])
    both = len(watch.back_by) == len(Role) and max(watch.back_by.values()) <= now
    ending = Ending.DISCONNECT if first in watch.came else Ending.NO_SHOW
    return watch.back_by[first], Due(ending, None if both else first)


def _silence(watch: Watch) -> tuple[datetime, Due] | None:
    """Who owes the reply is silent. While a proposal to end stands, the clock of that proposal runs alone."""
    if watch.silent_until is None or watch.proposed_until is not None:
        return None
    if watch.agent and watch.owed_by is Role.SUPPORTER:
        return watch.silent_until, Due(Ending.MODEL_FAILED, None)
    return watch.silent_until, Due(Ending.SILENCE, watch.owed_by or _only_one_away(watch))


def _only_one_away(watch: Watch) -> Role | None:
    """Where either could have written the first word: both, unless one of them was alone."""
    away = list(watch.back_by)
    return away[0] if len(away) == 1 else None
