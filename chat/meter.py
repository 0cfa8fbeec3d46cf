"""The meter of paid waiting: it runs while a person's page is open in the lobby, and adds up at their seat."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from chat.models import Waiting
from esc.participants.models import Seat


def start_meter(waiting: Waiting, *, at: datetime) -> None:
    """The person's waiting counts from now on; a meter that runs already runs on."""
    if Waiting.objects.filter(pk=waiting.pk, here_since__isnull=True).update(here_since=at):
        waiting.here_since = at


def stop_meter(*, seat_id: int, at: datetime) -> None:
    """What was waited up to `at` stands at the seat, once, whoever stops the meter. Nothing happens where none runs."""
    since = Waiting.objects.filter(seat_id=seat_id).values_list("here_since", flat=True).first()
    if since is None or not Waiting.objects.filter(seat_id=seat_id, here_since=since).update(here_since=None):
        return
    seconds = max(0, round((at - since).total_seconds()))
    Seat.objects.filter(pk=seat_id).update(waited_s=F("waited_s") + seconds)


def waited(waiting: Waiting, *, now: datetime) -> int:
    """Seconds of paid waiting so far, the running meter included."""
    running = (now - waiting.here_since).total_seconds() if waiting.here_since else 0
    return waiting.seat.waited_s + max(0, round(running))
