"""The turns that wait for an agent: claimed under a lease, drafted, spoken once (DESIGN §5, "A model's turn").

An agent's reply goes through `post_utterances` like a person's message. Every step is a conditional UPDATE on the
lease, so a worker that dies or comes too late changes nothing: its turn is taken again.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chat.events import Typing
from chat.models import AwaitedTurn, Conversation
from chat.publish import publish
from chat.services import Posted, Say, post_utterances
from esc.ontology import Role

TURNS = uuid.UUID("5b6f0f0e-6f7c-4b3e-9d55-1b7c0f6f7a10")  # names each turn's own client_id


def claim_turns(*, now: datetime, limit: int = 32) -> list[AwaitedTurn]:
    """Up to `limit` turns that are due and free, the longest due first; each is leased to the caller alone."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    due = AwaitedTurn.objects.filter(free, answered_at__isnull=True, due_at__lte=now)
    candidates = due.select_related("conversation__protocol_version", "conversation__supporter").order_by("due_at")
    return [turn for turn in candidates[:limit] if _claim(turn, now)]


def _claim(turn: AwaitedTurn, now: datetime) -> bool:
    lease = uuid.uuid4()
    until = now + timedelta(seconds=turn.conversation.protocol.clocks.turn_lease)
    unchanged = AwaitedTurn.objects.filter(pk=turn.pk, answered_at__isnull=True, lease=turn.lease, due_at=turn.due_at)
    if not unchanged.update(lease=lease, leased_until=until):
        return False
    turn.lease, turn.leased_until = lease, until
    return True


def _held(turn: AwaitedTurn) -> Q:
    """The row of this turn, only while the caller's lease on it holds and no newer utterance has reset it."""
    return Q(pk=turn.pk, lease=turn.lease, answered_at__isnull=True)


def draft_reply(*, turn: AwaitedTurn, strategy: str, text: str, speak_at: datetime) -> bool:
    """The reply is kept and its turn due at `speak_at`. False where the lease was lost: then nothing changed."""
    return bool(
        AwaitedTurn.objects.filter(_held(turn)).update(strategy=strategy, text=text, due_at=speak_at, leased_until=None)
    )


def show_typing(*, turn: AwaitedTurn) -> None:
    """The seeker sees the agent typing."""
    publish(turn.conversation_id, [Typing(role=Role.SUPPORTER)])


@transaction.atomic
def speak(*, turn: AwaitedTurn) -> bool:
    """The drafted reply is said and its turn answered, both or neither.

    False where the lease was lost or the conversation has ended; then nothing is said.
    """
    # The conversation first, then its turn: the order in which post_utterances takes the same two rows.
    Conversation.objects.select_for_update(of=("self",)).get(pk=turn.conversation_id)
    if not AwaitedTurn.objects.filter(_held(turn)).update(answered_at=timezone.now()):
        return False
    say = Say(
        conversation_id=turn.conversation_id,
        role=Role.SUPPORTER,
        client_id=uuid.uuid5(TURNS, f"{turn.pk}/{turn.after_position}"),
        text=turn.text,
        strategy=turn.strategy,
    )
    if isinstance(post_utterances([say])[0], Posted):
        return True
    transaction.set_rollback(True)  # a turn that was not spoken is not answered
    return False


def hold_turn(*, conversation_id: uuid.UUID, now: datetime, delay: int) -> None:
    """The seeker is typing: the turn that waits for the agent is due no sooner than `delay` seconds from now."""
    AwaitedTurn.objects.filter(
        conversation_id=conversation_id, answered_at__isnull=True, lease__isnull=True, text=""
    ).update(due_at=now + timedelta(seconds=delay))
