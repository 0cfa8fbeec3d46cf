"""How a conversation ends: once, with one ending, and with an outcome and a next page for each person in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chat.events import Ended, EndProposed, Event
from chat.models import Conversation
from chat.publish import publish_on_commit
from chat.queries import WITH_SEATS
from esc.background import wake_on_commit
from esc.errors import Refusal
from esc.ontology import Ending, Outcome, Role
from esc.participants.addresses import address
from esc.participants.models import Participant
from esc.participants.outcomes import after_chat, outcome_of
from esc.participants.services import leave_chat

CLOCKS = ["end_proposed_until", "seeker_due_back", "supporter_due_back", "nudge_due_at", "silence_due_at"]


def end(*, conversation_id: UUID, role: Role, reason: str = "") -> None:
    """A seeker's end is the end; a supporter's proposes it, and stands unless the seeker goes on talking.

    Refuses (`ended`) a conversation that has ended. Proposing twice changes nothing.
    """
    if role is Role.SEEKER:
        finish_conversation(conversation_id=conversation_id, ending=Ending.ENDED_BY_SEEKER, by=role, reason=reason)
    else:
        propose_end(conversation_id=conversation_id, reason=reason)


@transaction.atomic
def propose_end(*, conversation_id: UUID, reason: str = "") -> None:
    """Both sides know that the supporter would like to end, and until when the seeker can answer. Practice ends."""
    conversation = _locked_open(conversation_id)
    if conversation.practised_by_id is not None:  # nobody has to agree
        ending = Ending.ENDED_BY_SUPPORTER
        return finish_conversation(conversation_id=conversation_id, ending=ending, by=Role.SUPPORTER, reason=reason)
    if conversation.end_proposed_until is None:
        seconds = conversation.protocol.clocks.proposed_end
        conversation.end_proposed_until = timezone.now() + timedelta(seconds=seconds)
        conversation.end_reason = reason
        conversation.save(update_fields=["end_proposed_until", "end_reason"])
    publish_on_commit(conversation.pk, [EndProposed(by=Role.SUPPORTER, until=conversation.end_proposed_until)])


@transaction.atomic
def finish_conversation(
    *, conversation_id: UUID, ending: Ending, by: Role | None, reason: str = "", now: datetime | None = None
) -> None:
    """The conversation has this one ending, each person their one outcome and next page, and quality control wakes.

    `by`: whose doing the ending was, None where it was both people's or nobody's. Refuses (`ended`) a conversation
    that has ended.
    """
    conversation = _locked_open(conversation_id)
    conversation.ended_at, conversation.ending = now or timezone.now(), ending
    conversation.end_reason = reason or conversation.end_reason
    for clock in CLOCKS:
        setattr(conversation, clock, None)
    conversation.save(update_fields=["ended_at", "ending", "end_reason", *CLOCKS])
    conversation.awaited_turns.filter(answered_at__isnull=True).delete()
    events = [event for role in Role if (event := _dismiss(conversation, role, by))]
    publish_on_commit(conversation.pk, events)
    wake_on_commit("qc.judge_waiting")


def _dismiss(conversation: Conversation, role: Role, by: Role | None) -> Event | None:
    """The person in that role has their outcome and goes on; an agent just gets up."""
    sitting = conversation.seat(role).sitting
    if sitting is None:
        return ended_event(conversation, role)
    said, minimum = conversation.last_position, conversation.protocol.approval.utterances
    ending = Ending(conversation.ending)
    outcome = outcome_of(ending, role, long_enough=said >= minimum, by=by)
    page = leave_chat(
        sitting_id=sitting.pk,
        outcome=outcome,
        after=after_chat(ending, role, outcome, utterances=said, minimum=minimum, by=by),
        chatted=_time_in(conversation, role),
    )
    return Ended(to=role, ending=ending, outcome=outcome, next=address(sitting, page))


def _time_in(conversation: Conversation, role: Role) -> timedelta:
    """How long this person was in the conversation: from when their page first opened to its end."""
    came: datetime | None = getattr(conversation, f"{role}_came_at")
    ended = conversation.ended_at
    return max(timedelta(0), ended - came) if came and ended else timedelta(0)


def ended_event(conversation: Conversation, role: Role) -> Event | None:
    """What a socket that comes after the end is told; None while the conversation goes on."""
    seat = conversation.seat(role)
    if conversation.ended_at is None:
        return None
    if role is Role.SUPPORTER and conversation.practised_by is not None:
        return _practised(conversation.practised_by, Ending(conversation.ending))
    if seat.sitting is None:
        return None
    return Ended(to=role, ending=Ending(conversation.ending), outcome=Outcome(seat.outcome), next=address(seat.sitting))


def _practised(participant: Participant, ending: Ending) -> Event | None:
    """Practice is over: back to where the person is on their way. Whatever happened in it, it was only practice."""
    sitting = participant.current_sitting
    if sitting is None:
        return None
    return Ended(to=Role.SUPPORTER, ending=ending, outcome=Outcome.COMPLETED, next=address(sitting))


def stop_conversation(*, conversation_id: UUID, reason: str) -> None:
    """A researcher ended it. Refuses (`ended`) a conversation that has ended."""
    finish_conversation(conversation_id=conversation_id, ending=Ending.STOPPED, by=None, reason=reason)


def _locked_open(conversation_id: UUID) -> Conversation:
    conversation = (
        Conversation.objects.select_for_update(of=("self",)).select_related(*WITH_SEATS).get(pk=conversation_id)
    )
    if not conversation.is_open:
        raise Refusal("ended", "This conversation has already ended.")
    return conversation
