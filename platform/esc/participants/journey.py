"""Where a participant goes next: one pure function of stored facts (DESIGN §4).

A reload, a second tab, the back button and a week's pause all ask the same question and get the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from esc.ontology import Role


class Page(StrEnum):
    """The pages of a participant's way, in their order."""

    CONSENT = "consent"
    ROLE = "role"
    TRAINING = "training"
    SURVEY_BEFORE = "survey_before"
    LOBBY = "lobby"
    CHAT = "chat"
    LEFT = "left"
    SURVEY_AFTER = "survey_after"
    ANOTHER = "another"
    FINISH = "finish"


class Training(StrEnum):
    """How the supporter's gate went, once per study."""

    PASSED = "passed"
    FAILED = "failed"


class AfterChat(StrEnum):
    """What comes after a person's chat: questions, a choice (their partner left too early), or nothing to ask about."""

    SURVEY = "survey"
    CHOICE = "choice"
    NOTHING = "nothing"


@dataclass(frozen=True)
class SeatFacts:
    """What has happened at the person's current seat."""

    survey_before: bool = False
    paired: bool = False
    chat_ended: bool = False
    after_chat: AfterChat = AfterChat.SURVEY
    survey_after: bool = False


@dataclass(frozen=True)
class Facts:
    """What has happened in the person's current sitting. `seat` is None until the first conversation is prepared."""

    consented: bool = False
    role: Role | None = None
    training: Training | None = None
    seat: SeatFacts | None = None
    finished: bool = False


def next_page(facts: Facts) -> Page:
    """The one page on which this person belongs now."""
    if facts.finished:
        return Page.FINISH
    if not facts.consented:
        return Page.CONSENT
    if facts.role is None:
        return Page.ROLE
    if facts.role is Role.SUPPORTER and facts.training is not Training.PASSED:
        return Page.TRAINING
    return _page_of_seat(facts.seat or SeatFacts(), facts.role)


def _page_of_seat(seat: SeatFacts, role: Role) -> Page:
    if role is Role.SEEKER and not seat.survey_before:
        return Page.SURVEY_BEFORE
    if not seat.paired:
        return Page.LOBBY
    if not seat.chat_ended:
        return Page.CHAT
    if seat.after_chat is AfterChat.CHOICE:
        return Page.LEFT
    if seat.after_chat is AfterChat.SURVEY and not seat.survey_after:
        return Page.SURVEY_AFTER
    return Page.ANOTHER
