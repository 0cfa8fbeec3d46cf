"""How a conversation's ending becomes each person's outcome and way on, and a sitting's: pure tables (DESIGN §4)."""

from __future__ import annotations

from collections.abc import Sequence

from esc.ontology import Ending, Outcome, Role
from esc.participants.journey import AfterChat


def outcome_of(ending: Ending, role: Role, *, long_enough: bool, by: Role | None) -> Outcome:
    """The outcome of the person in that role.

    `long_enough`: the conversation has at least the minimum utterances. `by`: whose doing the ending was, where it was
    one person's (who ended it, left, reported, did not come, vanished, or owed the reply). None is both people's for
    silence and absence (in a study where either may open, two people who both write nothing both owed the first word),
    and nobody's for everything else.
    """
    match ending:
        case Ending.ENDED_BY_SEEKER | Ending.ENDED_BY_SUPPORTER if long_enough:
            return Outcome.COMPLETED
        case Ending.STOPPED if long_enough:
            return Outcome.COMPLETED
        case Ending.MODEL_FAILED:
            return Outcome.MODEL_FAILED
        case Ending.SILENCE | Ending.DISCONNECT | Ending.NO_SHOW if by in (role, None):
            return Outcome.TIMED_OUT
        case Ending.ENDED_BY_SEEKER | Ending.ENDED_BY_SUPPORTER | Ending.LEFT_NOW if role is by:
            return Outcome.LEFT_EARLY
        case _:
            return Outcome.PARTNER_LEFT


def after_chat(
    ending: Ending, role: Role, outcome: Outcome, *, utterances: int, minimum: int, by: Role | None
) -> AfterChat:
    """Where the person in that role goes on from the chat.

    Who was left before a real chat (fewer than the `minimum` utterances) chooses between finishing and the front of
    the queue; not so who was reported, and who has that outcome only until a researcher decides. Where not a word was
    said there is nothing to ask about.
    """
    accused = ending is Ending.REPORTED and role is not by
    if outcome is Outcome.PARTNER_LEFT and utterances < minimum and not accused:
        return AfterChat.CHOICE
    return AfterChat.SURVEY if utterances else AfterChat.NOTHING


def outcome_of_sitting(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome whose code a sitting gets: completed if any conversation was, else the last conversation's."""
    if Outcome.COMPLETED in outcomes:
        return Outcome.COMPLETED
    return outcomes[-1] if outcomes else Outcome.LEFT_EARLY
