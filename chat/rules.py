"""What may be said and rated now, and what it changes: pure rules over what a conversation's row says.

The wire protocol's order (DESIGN §5) is the order of the checks here: ended, feedback due, the rest. Whether a message
is a duplicate is known before, to whoever reads the rows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chat.events import Event, FeedbackDue, FeedbackSaved, Frame, UtterancePosted
from esc.errors import Refusal
from esc.ontology import Role
from esc.studies.schema import Protocol
from esc.text import check_utterance

FEEDBACK_DUE = "feedback_due"
ENDED = "This conversation has ended. Your message was not sent."


@dataclass(frozen=True, slots=True)
class Say:
    """One message on its way in."""

    conversation_id: UUID
    role: Role
    client_id: UUID
    text: str
    strategy: str | None = None
    pasted_chars: int | None = None  # code points
    typing_ms: int | None = None  # milliseconds


@dataclass(frozen=True, slots=True)
class Rate:
    """One rating on its way in. `after_end`: it was due when the conversation ended and is given in the survey."""

    conversation_id: UUID
    role: Role
    through: int
    score: int  # 1 (very bad) to 5 (excellent)
    after_end: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """That a message is committed, and where it stands. Sending it again gives the same answer."""

    client_id: UUID
    position: int
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Rated:
    """That a rating is committed."""

    through: int
    score: int


Action = Say | Rate
Answer = Posted | Rated | Refusal


class Told(NamedTuple):
    """An event for the people of a conversation, and the action that it follows from."""

    event: Event
    action: Action

    @property
    def conversation_id(self) -> UUID:
        return self.action.conversation_id


class Mark(NamedTuple):
    """What every message and every rating changes: a conversation that still has its mark stands as it stood."""

    is_open: bool
    last_position: int
    unrated: tuple[int, ...]
    feedback_to_carry: int | None


@dataclass(slots=True)
class Standing:
    """A conversation as its row has it, and what a batch adds to it."""

    id: UUID
    protocol: Protocol
    strategies: Collection[str]
    agent: str
    is_open: bool
    last_position: int
    unrated: list[int]  # supporter positions without a rating, in order
    feedback_to_carry: int | None
    owed_by: Role | None = None  # who owes the reply since this batch: the clock of silence starts anew for them
    proposal_is_over: bool = False  # the seeker wrote on, which answers a proposal to end
    said: list[tuple[Say, int]] = field(default_factory=list)  # with its position
    rated: list[Rate] = field(default_factory=list)
    carriers: dict[int, int] = field(default_factory=dict)  # a feedback's `through` → its carrier's position
    told: list[Told] = field(default_factory=list)  # what follows from it
    found: Mark = field(init=False)  # what the row says until this batch is written

    def __post_init__(self) -> None:
        self.found = Mark(self.is_open, self.last_position, tuple(self.unrated), self.feedback_to_carry)

    def afterwards(self) -> Standing:
        """Where the conversation stands once this is committed."""
        now = (self.is_open, self.last_position, self.unrated, self.feedback_to_carry)
        return Standing(self.id, self.protocol, self.strategies, self.agent, *now)

    @property
    def feedback_due(self) -> int | None:
        return feedback_due(self.unrated, self.protocol)


def feedback_due(unrated: list[int], protocol: Protocol) -> int | None:
    """The newest supporter position where a rating is due now (enough unrated utterances), else None."""
    return unrated[-1] if len(unrated) >= protocol.feedback.interval else None


def take(standing: Standing, action: Action, now: datetime) -> Answer:
    """The answer to what somebody does. What it changes is in the standing afterwards; a refusal changes nothing."""
    try:
        return _say(standing, action, now) if isinstance(action, Say) else _rate(standing, action)
    except Refusal as refusal:
        if refusal.code == FEEDBACK_DUE:
            _remind(standing, action)  # between two processes a page may have been told of a rating in the wrong order
        return refusal


def _say(standing: Standing, say: Say, now: datetime) -> Posted:
    _check(standing, say)
    position = standing.last_position + 1
    if say.role is Role.SEEKER:
        standing.proposal_is_over = True
        if standing.feedback_to_carry is not None:
            standing.carriers[standing.feedback_to_carry] = position
    standing.said.append((say, position))
    standing.owed_by = say.role.other
    _count_said(standing, say.role)
    posted = UtterancePosted(position, say.role, say.text, say.strategy or "", now, str(say.client_id))
    standing.told.append(Told(posted, say))
    if say.role is Role.SUPPORTER:
        _remind(standing, say)
    return Posted(say.client_id, position, now)


def _check(standing: Standing, say: Say) -> None:
    protocol = standing.protocol
    if not standing.is_open:
        raise Refusal("ended", ENDED)
    if say.role is Role.SEEKER and protocol.feedback.required and standing.feedback_due is not None:
        raise Refusal(FEEDBACK_DUE, "Please rate your partner's last messages first. Your message is kept.")
    check_utterance(say.text)
    if standing.last_position == 0 and protocol.chat.opens not in ("either", say.role) and not standing.agent:
        raise Refusal("wait_for_opening", "In this study your partner writes first. Your message is kept.")
    _check_strategy(say, standing.strategies)


def _check_strategy(say: Say, known: Collection[str]) -> None:
    """Refuses a seeker's strategy, a supporter's missing one, and one that the study does not know."""
    if say.role is Role.SEEKER:
        if say.strategy is not None:
            raise Refusal("strategy_not_allowed", "Only the supporter chooses a strategy.")
        return
    if not say.strategy:
        raise Refusal("strategy_required", "Please choose a strategy first. Your message is kept.")
    if say.strategy not in known:
        raise Refusal("unknown_strategy", "This study does not have that strategy. Please choose another one.")


def _rate(standing: Standing, rate: Rate) -> Rated:
    """One score rates all unrated utterances up to `through`; the first score stands."""
    if rate.role is not Role.SEEKER:
        raise Refusal("not_yours", "Only the person seeking support can rate.")
    if not standing.is_open and not rate.after_end:
        raise Refusal("ended", "This conversation has ended. You can still rate in the questions that follow.")
    if rate.through not in standing.unrated:
        raise Refusal("bad_feedback", "This rating does not belong to a message that is still to be rated.")
    if standing.feedback_due is None:
        raise Refusal("not_due", "There is nothing to rate yet.")
    standing.rated.append(rate)
    _count_rated(standing, rate.through)
    standing.told.append(Told(FeedbackSaved(rate.through, rate.score), rate))
    _remind(standing, rate)
    return Rated(rate.through, rate.score)


def _count_said(standing: Standing, role: Role) -> None:
    standing.last_position += 1
    if role is Role.SUPPORTER:
        standing.unrated.append(standing.last_position)
    else:
        standing.feedback_to_carry = None


def _count_rated(standing: Standing, through: int) -> None:
    standing.unrated = [position for position in standing.unrated if position > through]
    standing.feedback_to_carry = through if standing.is_open else None


def overhear(standing: Standing, frame: Frame) -> Standing | None:
    """How a conversation stands after what another process told its seeker; None where that cannot be known."""
    if frame["type"] == "utterance":
        if frame["position"] != standing.last_position + 1:
            return standing if frame["position"] <= standing.last_position else None
        _count_said(standing, Role(frame["role"]))
    elif frame["type"] == "feedback_saved":
        _count_rated(standing, frame["through"])
    elif frame["type"] == "ended":
        return None
    return standing.afterwards()


def _remind(standing: Standing, action: Action) -> None:
    """A rating that is due is told again whenever it moves."""
    if (due := standing.feedback_due) is not None:
        standing.told.append(Told(FeedbackDue(due), action))
