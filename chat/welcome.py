"""What a page is told when it (re)connects or fell behind: everything it does not have, read from the rows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from chat.admission import Admitted
from chat.endings import ended_event
from chat.events import EndProposed, Event, Frame, Presence, UtterancePosted, encode
from chat.models import Connection, Conversation, Notice, Utterance
from chat.queries import conversation_of
from chat.registry import Missed
from chat.rules import feedback_due
from chat.services import told
from esc.ontology import Role

PROTOCOL = 1


class Now(NamedTuple):
    """What a conversation's row says at this moment."""

    last_position: int
    unrated: list[int]
    end_proposed_until: datetime | None
    ended_at: datetime | None
    owed_since: datetime | None
    seeker_due_back: datetime | None
    supporter_due_back: datetime | None


def read_welcome(here: Admitted, after: int) -> Missed:
    """The welcome of that side with all utterances after the position the page has, then what else still stands."""
    now = _now(here)
    utterances = _utterances(here, after)
    position = utterances[-1].position if utterances else now.last_position
    frame: Frame = {
        "type": "welcome",
        "protocol": PROTOCOL,
        "role": here.role,
        "position": position,
        "partner_present": bool(here.agent) or _partner_is_here(here),
        "utterances": [utterance.frame_for(here.role) for utterance in utterances],
        "notices": _open_notices(here, now),
    }
    if here.role is Role.SEEKER:
        frame["feedback_due"] = None if now.ended_at else feedback_due(now.unrated, here.protocol)
    return Missed(position, [encode(frame) for frame in [frame, *_standing(here, now)]])


def read_missed(here: Admitted, after: int, said: Collection[UUID]) -> Missed:
    """The utterances that this tab was not shown (what it said itself is acknowledged), then what else stands."""
    now = _now(here)
    utterances = _utterances(here, after)
    own = {str(client_id) for client_id in tuple(said)}
    frames = [utterance.frame_for(here.role) for utterance in utterances if utterance.client_id not in own]
    due = None if now.ended_at else feedback_due(now.unrated, here.protocol)
    if due is not None and here.role is Role.SEEKER:
        frames.append({"type": "feedback_due", "through": due})
    frames += _standing(here, now)
    position = utterances[-1].position if utterances else now.last_position
    return Missed(position, [encode(frame) for frame in frames])


def _now(here: Admitted) -> Now:
    columns = Conversation.objects.filter(pk=here.conversation_id).values_list(*Now._fields)
    return Now(*columns.get())


def _utterances(here: Admitted, after: int) -> list[UtterancePosted]:
    rows = Utterance.objects.filter(conversation_id=here.conversation_id, position__gt=after).order_by("position")
    return [
        UtterancePosted(position, Role(role), text, strategy, sent_at or timezone.now(), str(client_id))
        for position, role, text, strategy, sent_at, client_id in rows.values_list(
            "position", "role", "text", "strategy", "sent_at", "client_id"
        )
    ]


def _partner_is_here(here: Admitted) -> bool:
    alive = Connection.objects.alive(timezone.now())
    return alive.filter(seat_id=here.partner_seat_id, conversation_id=here.conversation_id).exists()


def _open_notices(here: Admitted, now: Now) -> list[Frame]:
    notices = Notice.objects.filter(conversation_id=here.conversation_id).open_for(here.role, timezone.now())
    if now.owed_since is not None:  # who is waited for is over once something was written
        notices = notices.exclude(kind__in=[Notice.Kind.NUDGE, Notice.Kind.QUEUE], created_at__lt=now.owed_since)
    return [frame for notice in notices if (frame := told(notice).frame_for(here.role))]


def _standing(here: Admitted, now: Now) -> list[Frame]:
    """The end, or a proposal of it; how much longer an absent partner is waited for."""
    events: list[Event | None] = [_end(here, now), _absence(here.role.other, now)]
    if now.ended_at is None and now.end_proposed_until is not None:
        events.append(EndProposed(by=Role.SUPPORTER, until=now.end_proposed_until))
    return [frame for event in events if event and (frame := event.frame_for(here.role))]


def _end(here: Admitted, now: Now) -> Event | None:
    conversation = conversation_of(here.conversation_id) if now.ended_at is not None else None
    return ended_event(conversation, here.role) if conversation else None


def _absence(role: Role, now: Now) -> Presence | None:
    """That the person in that role is away, and how many more seconds they are waited for; None if they are here."""
    due_back = now.seeker_due_back if role is Role.SEEKER else now.supporter_due_back
    if due_back is None or now.ended_at is not None:
        return None
    left = max(0, round((due_back - timezone.now()).total_seconds()))
    return Presence(role=role, present=False, grace_s=left)
