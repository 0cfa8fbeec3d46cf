"""What pages and sockets read of a conversation."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from chat.models import Conversation
from esc.participants.models import Seat

WITH_SEATS = (
    "study",
    "protocol_version",
    "seeker__sitting__participant",
    "supporter__sitting__participant",
    "practised_by",
)


def conversation_at(seat: Seat) -> Conversation | None:
    """The conversation that belongs to this seat, once there is one."""
    return Conversation.objects.select_related(*WITH_SEATS).filter(Q(seeker=seat) | Q(supporter=seat)).first()


def conversation_of(conversation_id: UUID) -> Conversation | None:
    return Conversation.objects.select_related(*WITH_SEATS).filter(pk=conversation_id).first()
