"""What a page is told when it (re)connects or fell behind: everything it does not have, read from the rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from uuid import UUID

from django.utils import timezone

from chat.admission import Admitted
from chat.endings import ended_event
from chat.events import EndProposed, Event, FeedbackDue, Frame, Presence, UtterancePosted
from chat.models import Conversation, Notice, Utterance
from chat.queries import conversation_of, partner_is_here, utterances_after
from chat.registry import Missed
from chat.services import told
from esc.ontology import Role

PROTOCOL = 1


def read_welcome(here: Admitted, after: int) -> Missed:
    """The welcome of that side with all utterances after the position the page has, then what else still stands."""
    conversation = _conversation(here.conversation_id)
    utterances = utterances_after(conversation.pk, after)
    position = _newest(conversation, utterances)
    frame: Frame = {
        "type": "welcome",
        "protocol": PROTOCOL,
        "role": here.role,
        "position": position,
        "partner_present": partner_is_here(conversation, here.role),
        "utterances": [shown(utterance).frame_for(here.role) for utterance in utterances],
        "notices": _open_notices(conversation, here.role),
    }
    if here.role is Role.SEEKER:
        frame["feedback_due"] = conversation.feedback_due if conversation.is_open else None
    return Missed(position, [json.dumps(frame) for frame in [frame, *_standing(conversation, here.role)]])


def read_missed(here: Admitted, after: int, own: Collection[int]) -> Missed:
    """The utterances that this tab was not shown (its own are acknowledged), then what else stands."""
    conversation = _conversation(here.conversation_id)
    utterances = utterances_after(conversation.pk, after)
    frames = [shown(row).frame_for(here.role) for row in utterances if row.position not in own]
    if conversation.is_open and conversation.feedback_due is not None:
        due = FeedbackDue(conversation.feedback_due).frame_for(here.role)
        frames += [due] if due else []
    frames += _standing(conversation, here.role)
    return Missed(_newest(conversation, utterances), [json.dumps(frame) for frame in frames])


def _conversation(conversation_id: UUID) -> Conversation:
    conversation = conversation_of(conversation_id)
    if conversation is None:
        raise LookupError(f"conversation {conversation_id} was deleted under an open socket")
    return conversation


def _newest(conversation: Conversation, utterances: Sequence[Utterance]) -> int:
    """The last committed position; the utterances were read after the row and may be ahead of it."""
    return utterances[-1].position if utterances else conversation.last_position


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


def _open_notices(conversation: Conversation, role: Role) -> list[Frame]:
    notices = Notice.objects.filter(conversation=conversation).open_for(role, timezone.now())
    if conversation.owed_since is not None:  # a nudge to write is over once something was written
        notices = notices.exclude(kind=Notice.Kind.NUDGE, created_at__lt=conversation.owed_since)
    return [frame for notice in notices if (frame := told(notice).frame_for(role))]


def _absence(conversation: Conversation, role: Role) -> Presence | None:
    """That the person in that role is away, and how many more seconds they are waited for; None if they are here."""
    due_back = conversation.watch.back_by.get(role) if conversation.is_open else None
    if due_back is None:
        return None
    left = max(0, round((due_back - timezone.now()).total_seconds()))
    return Presence(role=role, present=False, grace_s=left)


def _standing(conversation: Conversation, role: Role) -> list[Frame]:
    """The end, or a proposal of it; how much longer an absent partner is waited for."""
    events: list[Event | None] = [ended_event(conversation, role), _absence(conversation, role.other)]
    if conversation.end_proposed_until is not None:
        events.append(EndProposed(by=Role.SUPPORTER, until=conversation.end_proposed_until))
    return [frame for event in events if event and (frame := event.frame_for(role))]
