"""That an agent's turn is awaited: one row a conversation, due after a moment of quiet."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from chat.models import AwaitedTurn
from esc.studies.schema import Protocol


def await_turn(conversation_id: UUID, protocol: Protocol, *, after_position: int, now: datetime) -> None:
    """The agent's turn is due. One that waits already waits anew; a reply that is being made for it is thrown away.

    That happens to one reply of a turn at most, so that nobody who goes on writing waits for ever: what comes still
    later gets a turn of its own once this one is answered (chat.turns.speak). The caller holds the conversation's row.
    """
    due = now + timedelta(seconds=protocol.clocks.turn_delay)
    turn = AwaitedTurn.objects.select_for_update().filter(conversation_id=conversation_id, answered_at=None).first()
    if turn is None:
        AwaitedTurn.objects.create(conversation_id=conversation_id, after_position=after_position, due_at=due)
    elif not (turn.remade and turn.is_at_work(now)):
        _reset(turn, after_position, due, now)


def _reset(turn: AwaitedTurn, after_position: int, due: datetime, now: datetime) -> None:
    if turn.is_at_work(now):
        turn.remade = True
        if not turn.text:
            turn.tries -= 1  # whoever is at it has not failed
    turn.after_position, turn.due_at = after_position, due
    turn.lease = turn.leased_until = turn.typing_since = turn.told_at = None
    turn.strategy = turn.text = ""
    turn.save()
