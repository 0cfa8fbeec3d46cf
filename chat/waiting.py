"""How the waiting goes for one person in the lobby: their place, the wait to expect, and what it pays so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q

from chat.lobby import expected_minutes
from chat.meter import waited
from chat.models import Connection, Waiting
from esc.participants.ledger import line_of_seat
from esc.participants.models import Sitting

RECENT = timedelta(hours=1)  # pairings that tell how long it takes now


@dataclass(frozen=True)
class Place:
    """A person's place in the queue. `expected` is in minutes, None where nobody can say; `pays` is up to now."""

    position: int  # from 1
    expected: int | None
    waited: int  # minutes begun
    pays: Decimal
    asked: bool  # whether to wait on


def place_of(sitting: Sitting, now: datetime) -> Place | None:
    """The place of the person in this sitting; None for whoever has not entered the queue yet, or has left it."""
    waiting = Waiting.objects.select_related("seat").filter(seat=sitting.current_seat, paired_at__isnull=True).first()
    if waiting is None:
        return None
    line = line_of_seat(sitting.protocol.pay, "minutes", waited_s=waited(waiting, now=now), chatted_s=0)
    return Place(
        position=_ahead_of(waiting, sitting, now) + 1,
        expected=expected_minutes(_recent_waits(sitting, now)),
        waited=line.minutes_waited,
        pays=line.amount,
        asked=waiting.ask_at is not None and waiting.ask_at <= now,
    )


def _ahead_of(waiting: Waiting, sitting: Sitting, now: datetime) -> int:
    """How many wait for the same kind of partner and would be paired before this person."""
    same = Q(front=waiting.front)
    before = same & (Q(entered_at__lt=waiting.entered_at) | Q(entered_at=waiting.entered_at, pk__lt=waiting.pk))
    if not waiting.front:
        before |= Q(front=True)
    alive = Connection.objects.alive(now).filter(seat=OuterRef("seat"), conversation__isnull=True)
    queue = Waiting.objects.filter(before, Exists(alive), study=waiting.study_id, paired_at__isnull=True)
    return queue.filter(seat__role=sitting.role, seat__sitting__arm=sitting.arm).count()


def _recent_waits(sitting: Sitting, now: datetime) -> list[int]:
    """For how many seconds those waited who were lately paired in the same role and arm."""
    paired = Waiting.objects.filter(study=sitting.study, paired_at__gt=now - RECENT)
    same = paired.filter(seat__role=sitting.role, seat__sitting__arm=sitting.arm)
    return list(same.values_list("seat__waited_s", flat=True))
