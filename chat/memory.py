"""How the conversations that are talked in here stand, as far as this process knows: their rows need not be read again.

It is a guess: another process, the sweep or an ending may have been at the row since, and not been heard of yet. The
statement that writes proves it (`chat.rows.WRITE`). Only the database is the truth, so nothing here need be right, only
likely.
"""

from __future__ import annotations

from uuid import UUID

from chat.events import Frame
from chat.rules import Standing, overhear

MOST = 10_000  # conversations; the one that was quiet the longest is forgotten


class Memory:
    """What one writer remembers, from its thread and its event loop."""

    def __init__(self) -> None:
        self._standings: dict[UUID, Standing] = {}

    def take(self, conversation_id: UUID) -> Standing | None:
        """It, where it is known. It is forgotten until it is kept again, so that a failure leaves nothing wrong."""
        return self._standings.pop(conversation_id, None)

    def keep(self, standing: Standing) -> None:
        """That this is committed. What has ended is not talked in, and an agent's conversation is looked at for its
        turn every time."""
        if standing.is_open and not standing.agent:
            self._standings[standing.id] = standing.afterwards()
        while len(self._standings) > MOST:
            self.forget(next(iter(self._standings)))

    def hear(self, conversation_id: UUID, frame: Frame) -> None:
        """What another process told the seeker of that conversation."""
        known = self._standings.get(conversation_id)
        heard = overhear(known, frame) if known is not None else None
        if heard is not None:
            self._standings[conversation_id] = heard
        else:
            self.forget(conversation_id)

    def forget(self, conversation_id: UUID) -> None:
        self._standings.pop(conversation_id, None)
