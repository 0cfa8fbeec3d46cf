"""How a conversation's ending becomes each person's outcome, and a sitting's: pure tables (DESIGN §4)."""

from __future__ import annotations

from collections.abc import Sequence

from esc.ontology import Ending, Outcome, Role


def outcome_of(ending: Ending, role: Role, *, long_enough: bool, by: Role | None) -> Outcome:
    """The outcome of the person in that role.

    `long_enough`: the conversation has at least the minimum utterances. `by`: whose doing the ending was, where it was
    one person's (who ended it, left, vanished, or owed the reply); None where it was nobody's.
    """
    match ending:
        case Ending.ENDED_BY_SEEKER | Ending.ENDED_BY_SUPPORTER if long_enough:
            return Outcome.COMPLETED
        case Ending.STOPPED if long_enough:
            return Outcome.COMPLETED
        case Ending.MODEL_FAILED:
            return Outcome.MODEL_FAILED
        case Ending.SILENCE | Ending.DISCONNECT | Ending.NO_SHOW if role is by:
            return Outcome.TIMED_OUT
        case Ending.ENDED_BY_SEEKER | Ending.ENDED_BY_SUPPORTER | Ending.LEFT_NOW if role is by:
            return Outcome.LEFT_EARLY
        case _:
            return Outcome.PARTNER_LEFT


def outcome_of_sitting(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome whose code a sitting gets: completed if any conversation was, else the last conversation's."""
    if Outcome.COMPLETED in outcomes:
        return Outcome.COMPLETED
    return outcomes[-1] if outcomes else Outcome.LEFT_EARLY
