"""That somebody is typing: told to the partner, stored nowhere; an agent holds its turn back for it."""

from __future__ import annotations

from django.utils import timezone

from chat.admission import Admitted
from chat.events import Typing
from chat.publish import publish
from chat.turns import hold_turn


def note_typing(*, here: Admitted) -> None:
    """The partner sees it; where the partner is an agent, its turn is due later."""
    if here.agent:
        hold_turn(conversation_id=here.conversation_id, now=timezone.now(), delay=here.protocol.clocks.turn_delay)
    else:
        publish(here.conversation_id, [Typing(role=here.role)])
