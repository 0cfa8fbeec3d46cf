"""That somebody is typing: told to the partner, an agent holds its turn back for it, and the clock of silence waits."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Case, Q, Value, When
from django.utils import timezone

from chat.admission import Admitted
from chat.clocks import TYPING_COUNTS, TYPING_NOTED, Silence
from chat.events import Typing
from chat.models import Conversation
from chat.publish import publish
from chat.turns import hold_turn
from esc.ontology import Role


def note_typing(*, here: Admitted) -> None:
    """The partner sees it; where the partner is an agent, its turn is due later."""
    now = timezone.now()
    if here.agent:
        hold_turn(conversation_id=here.conversation_id, now=now, delay=here.protocol.clocks.turn_delay)
    else:
        publish(here.conversation_id, [Typing(role=here.role)])
    restart_silence(here=here, now=now)


def restart_silence(*, here: Admitted, now: datetime) -> bool:
    """The clock of silence starts anew for who owes the reply and types, for ten minutes at most; says whether it did.

    An agent's reply waits for as long as the seeker types: its clock starts anew every time. Nothing is stored of the
    typing itself, and nothing written at all where the clock was set a moment ago.
    """
    owes = Q(owed_by__in=["", here.role], owed_since__gt=now - TYPING_COUNTS)
    if here.agent:
        owes |= Q(owed_by=Role.SUPPORTER)
    clocks = here.protocol.clocks
    silence = Silence(clocks.first_message, clocks.silence_nudge, clocks.silence_end)
    first, nudge, end = (now + timedelta(seconds=seconds) for seconds in silence)
    not_just_now = Q(last_position=0, silence_due_at__lt=first - TYPING_NOTED) | Q(
        last_position__gt=0, silence_due_at__lt=end - TYPING_NOTED
    )
    conversation = Conversation.objects.timed().filter(owes, not_just_now, pk=here.conversation_id)
    begun = Q(last_position__gt=0)
    return bool(
        conversation.update(
            silence_due_at=Case(When(begun, then=Value(end)), default=Value(first)),
            nudge_due_at=Case(When(begun, then=Value(nudge)), default=Value(None)),
        )
    )
