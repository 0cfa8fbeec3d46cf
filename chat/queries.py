"""What pages and sockets read of a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from chat.models import Conversation, Utterance
from esc.ontology import Role
from esc.participants.models import Seat

WITH_SEATS = (
    "study",
    "protocol_version",
    "seeker__sitting__participant",
    "supporter__sitting__participant",
)


def conversation_at(seat: Seat) -> Conversation | None:
    """The conversation that belongs to this seat, once there is one."""
    return Conversation.objects.select_related(*WITH_SEATS).filter(Q(seeker=seat) | Q(supporter=seat)).first()


def conversation_of(conversation_id: UUID) -> Conversation | None:
    return Conversation.objects.select_related(*WITH_SEATS).filter(pk=conversation_id).first()


def utterances_after(conversation_id: UUID, position: int) -> Sequence[Utterance]:
    """What stands after that position, in order."""
    return list(Utterance.objects.filter(conversation_id=conversation_id, position__gt=position).order_by("position"))


def partner_is_here(conversation: Conversation, role: Role) -> bool:
    """Whether the other side is here: a person with a live socket, or an agent, which never leaves."""
    partner = conversation.seat(role.other)
    return bool(partner.agent) or partner.connections.alive(timezone.now()).filter(conversation=conversation).exists()
