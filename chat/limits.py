"""How fast one person may write in one conversation: a token bucket. Pure."""

from __future__ import annotations

from esc.ontology import Purpose

REHEARSED = 60_000  # messages a minute from one person in a rehearsal: the limit is in the way, and never reached
TYPING = 60  # a minute; a page tells of it at most every two seconds


class Bucket:
    """So many a minute, all of them at once if need be, and as time goes on as many again."""

    __slots__ = ("_at", "_left", "per_minute")

    def __init__(self, per_minute: int, now: float) -> None:
        self.per_minute = per_minute
        self._left = float(per_minute)
        self._at = now

    def take(self, now: float) -> bool:
        """Whether one more is within the limit; then it counts. `now` is in seconds and never goes back."""
        self._left = min(self.per_minute, self._left + (now - self._at) * self.per_minute / 60)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def messages_per_minute(purpose: str, allowed: int) -> int:
    """What a person may send in a conversation of that purpose, in a study that allows so many."""
    return REHEARSED if purpose == Purpose.REHEARSE else allowed
