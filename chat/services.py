"""What people (and agents) do in a conversation: say something, rate, and be told something by the platform.

`post_utterances` takes many at once, from any conversations, because that is how they are committed fastest; one
refusal never harms its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chat.events import Event, FeedbackDue, FeedbackSaved, NoticePosted, UtterancePosted
from chat.models import AwaitedTurn, Conversation, Feedback, Notice, Utterance
from chat.publish import publish_on_commit
from esc.errors import Refusal
from esc.ontology import Role
from esc.text import check_utterance

ENDED = "This conversation has ended. Your message was not sent."


@dataclass(frozen=True)
class Say:
    """One message on its way in. `origin` names the socket that gets the acknowledgement."""

    conversation_id: UUID
    role: Role
    client_id: UUID
    text: str
    strategy: str | None = None
    pasted_chars: int | None = None  # code points
    typing_ms: int | None = None  # milliseconds
    origin: str = ""


@dataclass(frozen=True)
class Posted:
    """That a message is committed, and where it stands. Sending it again gives the same answer."""

    client_id: UUID
    position: int
    sent_at: datetime


@dataclass
class _Open:
    """A locked conversation while a batch is applied to it."""

    conversation: Conversation
    known: dict[tuple[str, UUID], Posted]
    new: list[Utterance] = field(default_factory=list)
    carriers: dict[int, int] = field(default_factory=dict)  # a feedback's `through` → its carrier's position


@transaction.atomic
def post_utterances(says: Sequence[Say]) -> list[Posted | Refusal]:
    """For each say, in order: where it now stands, or why it was refused.

    What is posted is committed with gapless positions, delivered after the commit and, where an agent sits opposite,
    awaits its turn. A `client_id` that is known gives its first answer again, even after the end.
    """
    now = timezone.now()
    opened = _lock(says)
    answers = [_answer(opened.get(say.conversation_id), say, now) for say in says]
    changed = [state for state in opened.values() if state.new]
    Utterance.objects.bulk_create([utterance for state in changed for utterance in state.new])
    for state in changed:
        _settle(state, now)
    origins = {say.client_id: say.origin for say in says}
    for state in changed:
        _tell(state, origins)
    return answers


def _lock(says: Sequence[Say]) -> dict[UUID, _Open]:
    """The conversations of the batch, locked in one order so that two batches never wait for each other in a ring."""
    ids = {say.conversation_id for say in says}
    locked = (
        Conversation.objects.select_for_update(of=("self",))
        .select_related("protocol_version", "supporter")
        .filter(pk__in=ids)
        .order_by("pk")
    )
    opened = {conversation.pk: _Open(conversation, {}) for conversation in locked}
    sent = Utterance.objects.filter(conversation_id__in=ids, client_id__in={say.client_id for say in says})
    for row in sent.values_list("conversation_id", "role", "client_id", "position", "sent_at"):
        conversation_id, role, client_id, position, sent_at = row
        if client_id is not None and sent_at is not None:  # imported rows have neither, and no page sends them again
            opened[conversation_id].known[role, client_id] = Posted(client_id, position, sent_at)
    return opened


def _answer(state: _Open | None, say: Say, now: datetime) -> Posted | Refusal:
    if state is None:
        return Refusal("not_yours", "This conversation does not exist.")
    if known := state.known.get((say.role, say.client_id)):
        return known
    try:
        _check(state.conversation, say)
    except Refusal as refusal:
        return refusal
    return _append(state, say, now)


def _check(conversation: Conversation, say: Say) -> None:
    """Refuses what cannot be said, in the wire protocol's order: ended, feedback due, the rest."""
    protocol = conversation.protocol
    if not conversation.is_open:
        raise Refusal("ended", ENDED)
    if say.role is Role.SEEKER and protocol.feedback.required and conversation.feedback_due:
        raise Refusal("feedback_due", "Please rate your partner's last messages first. Your message is kept.")
    check_utterance(say.text)
    if conversation.last_position == 0 and protocol.chat.opens not in ("either", say.role) and not conversation.agent:
        raise Refusal("wait_for_opening", "In this study your partner writes first. Your message is kept.")
    check_strategy(say.role, say.strategy, protocol.strategy_names)


def check_strategy(role: Role, strategy: str | None, known: Iterable[str]) -> None:
    """Refuses a seeker's strategy, a supporter's missing one, and one that the study does not know."""
    if role is Role.SEEKER and strategy is not None:
        raise Refusal("strategy_not_allowed", "Only the supporter chooses a strategy.")
    if role is Role.SUPPORTER and not strategy:
        raise Refusal("strategy_required", "Please choose a strategy first. Your message is kept.")
    if strategy is not None and strategy not in known:
        raise Refusal("unknown_strategy", "This study does not have that strategy. Please choose another one.")


def _append(state: _Open, say: Say, now: datetime) -> Posted:
    conversation = state.conversation
    conversation.last_position += 1
    position = conversation.last_position
    if say.role is Role.SUPPORTER:
        conversation.newest_supporter_position = position
        conversation.unrated += 1
    else:
        conversation.end_proposed_until = None  # whoever goes on talking has answered the proposal to end
        if conversation.feedback_to_carry is not None:
            state.carriers[conversation.feedback_to_carry] = position
            conversation.feedback_to_carry = None
    state.new.append(
        Utterance(
            conversation=conversation,
            position=position,
            role=say.role,
            text=say.text,
            strategy=say.strategy or "",
            client_id=say.client_id,
            sent_at=now,
            pasted_chars=say.pasted_chars,
            typing_ms=say.typing_ms,
        )
    )
    posted = state.known[say.role, say.client_id] = Posted(say.client_id, position, now)
    return posted


def _settle(state: _Open, now: datetime) -> None:
    """Write what the new utterances changed beside themselves."""
    conversation = state.conversation
    conversation.save(
        update_fields=[
            "last_position",
            "newest_supporter_position",
            "unrated",
            "feedback_to_carry",
            "end_proposed_until",
        ]
    )
    for through, position in state.carriers.items():
        Feedback.objects.filter(conversation=conversation, through=through).update(carried_by=position)
    if conversation.agent and any(utterance.role == Role.SEEKER for utterance in state.new):
        await_turn(conversation, after_position=conversation.last_position, now=now)


def await_turn(conversation: Conversation, *, after_position: int, now: datetime) -> None:
    """The agent's turn is due after a moment of quiet. A turn that already waits waits anew, and forgets its draft."""
    AwaitedTurn.objects.update_or_create(
        conversation=conversation,
        answered_at=None,
        defaults={
            "after_position": after_position,
            "due_at": now + timedelta(seconds=conversation.protocol.clocks.turn_delay),
            "lease": None,
            "leased_until": None,
            "strategy": "",
            "text": "",
        },
    )


def _tell(state: _Open, origins: dict[UUID, str]) -> None:
    conversation = state.conversation
    for utterance in state.new:
        events: list[Event] = [shown(utterance)]
        if utterance.role == Role.SUPPORTER and (due := conversation.feedback_due) is not None:
            events.append(FeedbackDue(through=due))
        client_id = utterance.client_id
        publish_on_commit(conversation.pk, events, origin=origins.get(client_id, "") if client_id else "")


def shown(utterance: Utterance) -> UtterancePosted:
    """The event that shows this utterance."""
    return UtterancePosted(
        position=utterance.position,
        role=Role(utterance.role),
        text=utterance.text,
        strategy=utterance.strategy,
        sent_at=utterance.sent_at or timezone.now(),
        client_id=utterance.client_id,
    )


@transaction.atomic
def give_feedback(*, conversation_id: UUID, role: Role, through: int, score: int, after_end: bool = False) -> Feedback:
    """The score rates all unrated supporter utterances up to `through`; the first score stands.

    `after_end`: a rating that was due when the conversation ended is given in the survey after it. Refuses whoever is
    not the seeker (`not_yours`), an ended conversation (`ended`), a `through` that is no supporter's utterance
    (`bad_feedback`) or is rated already (`already_rated`), and a rating before one is due (`not_due`).
    """
    conversation = Conversation.objects.select_for_update(of=("self",)).get(pk=conversation_id)
    if role is not Role.SEEKER:
        raise Refusal("not_yours", "Only the person seeking support can rate.")
    if not conversation.is_open and not after_end:
        raise Refusal("ended", "This conversation has ended. You can still rate in the questions that follow.")
    supporters = conversation.utterances.filter(role=Role.SUPPORTER)
    if not supporters.filter(position=through).exists():
        raise Refusal("bad_feedback", "This rating does not belong to a message of your partner.")
    if conversation.feedback.filter(through__gte=through).exists():
        raise Refusal("already_rated", "You have rated these messages already. The first rating stands.")
    if conversation.feedback_due is None:
        raise Refusal("not_due", "There is nothing to rate yet.")
    feedback = Feedback.objects.create(conversation=conversation, through=through, score=score, given_at=timezone.now())
    conversation.unrated = supporters.filter(position__gt=through).count()
    conversation.feedback_to_carry = through if conversation.is_open else None
    conversation.save(update_fields=["unrated", "feedback_to_carry"])
    events: list[Event] = [FeedbackSaved(through=through, score=score)]
    if (due := conversation.feedback_due) is not None:
        events.append(FeedbackDue(through=due))
    publish_on_commit(conversation.pk, events)
    return feedback


@transaction.atomic
def post_notice(
    *, conversation_id: UUID, kind: Notice.Kind, text: str, to: Role | None = None, until: datetime | None = None
) -> Notice:
    """The platform or a researcher says something beside the conversation, to one side or (`to` None) to both."""
    notice = Notice.objects.create(conversation_id=conversation_id, kind=kind, text=text, role=to or "", until=until)
    publish_on_commit(conversation_id, [told(notice)])
    return notice


def told(notice: Notice) -> NoticePosted:
    """The event that shows this notice."""
    to = Role(notice.role) if notice.role else None
    return NoticePosted(id=notice.pk, kind=notice.kind, text=notice.text, until=notice.until, to=to)
