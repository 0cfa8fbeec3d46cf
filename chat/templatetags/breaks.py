"""A break for supporters, offered before their next conversation where the last one was hard."""

from __future__ import annotations

from typing import Any

from django import template

from chat.queries import conversation_at
from esc.ontology import Role
from esc.participants.models import Sitting
from esc.safety.queries import was_hard

register = template.Library()


@register.inclusion_tag("chat/_break.html")
def take_a_break(sitting: Sitting) -> dict[str, Any]:
    """For a supporter after a conversation with an alert; nothing for anyone else."""
    seat = sitting.current_seat
    conversation = conversation_at(seat) if seat and sitting.role == Role.SUPPORTER else None
    offered = conversation is not None and was_hard(conversation.pk)
    resources = sitting.protocol.crisis.resources(sitting.participant.country) if offered else []
    return {"offered": offered, "resources": resources}
