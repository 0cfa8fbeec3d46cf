"""The chat's share of the one sweep: whatever a clock or a lost push left undone is done here."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from chat.overdue import end_overdue, nudge_silent
from chat.pairing import ask_who_waited_long, pair_everywhere
from chat.presence import forget_dead_connections
from chat.unanswered import end_unanswerable, tell_who_waits


@shared_task(name="chat.sweep")
def sweep() -> None:
    """Safe to run twice and from many workers."""
    now = timezone.now()
    forget_dead_connections(now)
    end_overdue(now)
    nudge_silent(now)
    tell_who_waits(now)
    end_unanswerable(now)
    pair_everywhere()
    ask_who_waited_long(now)
