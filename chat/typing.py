"""That somebody is typing: told to the partner, stored nowhere; an agent holds its turn back for it."""

from __future__ import annotations

from django.utils import timezone

from chat.events import Typing
from chat.models import Conversation
from chat.publish import publish
from chat.turns import hold_turn
from esc.ontology import Role


def note_typing(*, conversation: Conversation, role: Role) -> None:
    """The partner sees it; where the partner is an agent, its turn is due later."""
    if conversation.agent:
        hold_turn(conversation_id=conversation.pk, now=timezone.now(), delay=conversation.protocol.clocks.turn_delay)
    else:
        publish(conversation.pk, [Typing(role=role)])
