"""What a page is told when it (re)connects: everything it does not have, read from the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from chat.admission import Admitted
from chat.endings import ended_event
from chat.events import EndProposed, Event, Frame
from chat.models import Conversation, Notice
from chat.queries import conversation_of, partner_is_here, utterances_after
from chat.services import shown, told
from esc.ontology import Role

PROTOCOL = 1


@dataclass(frozen=True)
class Welcome:
    """`position`: the last one committed. `frames`: the welcome frame, then what else still stands."""

    position: int
    frames: Sequence[Frame]


def read_welcome(here: Admitted, after: int) -> Welcome:
    """The welcome for that side, with all utterances after the position the page has."""
    conversation = conversation_of(here.conversation.pk)
    if conversation is None:
        raise LookupError(f"conversation {here.conversation.pk} was deleted under an open socket")
    utterances = utterances_after(conversation.pk, after)
    # Read after the row, so it may be ahead of the row's last position, never behind it.
    position = utterances[-1].position if utterances else conversation.last_position
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
    return Welcome(position, [frame, *_standing(conversation, here.role)])


def _open_notices(conversation: Conversation, role: Role) -> list[Frame]:
    notices = Notice.objects.filter(conversation=conversation).open_for(role, timezone.now())
    return [frame for notice in notices if (frame := told(notice).frame_for(role))]


def _standing(conversation: Conversation, role: Role) -> list[Frame]:
    events: list[Event | None] = [ended_event(conversation, role)]
    if conversation.end_proposed_until is not None:
        events.append(EndProposed(by=Role.SUPPORTER, until=conversation.end_proposed_until))
    return [frame for event in events if event and (frame := event.frame_for(role))]


def utterances_between(here: Admitted, after: int, before: int) -> Sequence[Frame]:
    """The `utterance` frames of that side strictly between two positions."""
    rows = utterances_after(here.conversation.pk, after)
    return [shown(row).frame_for(here.role) for row in rows if row.position < before]
