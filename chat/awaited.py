"""That an agent's turn is awaited: one row a conversation, due after a moment of quiet."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from chat.models import AwaitedTurn
from esc.studies.schema import Protocol


def await_turn(conversation_id: UUID, protocol: Protocol, *, after_position: int, now: datetime) -> None:
    """The agent's turn is due. One that waits already waits anew, and forgets its draft."""
    AwaitedTurn.objects.update_or_create(
        conversation_id=conversation_id,
        answered_at=None,
        defaults={
            "after_position": after_position,
            "due_at": now + timedelta(seconds=protocol.clocks.turn_delay),
            "lease": None,
            "leased_until": None,
            "strategy": "",
            "text": "",
        },
    )
