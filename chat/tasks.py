"""The chat's share of the one sweep: whatever a clock or a lost push left undone is done here."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from chat.endings import end_unanswered_proposals
from chat.pairing import pair_everywhere
from chat.presence import forget_dead_connections


@shared_task(name="chat.sweep")
def sweep() -> None:
    """Safe to run twice and from many workers."""
    now = timezone.now()
    forget_dead_connections(now)
    end_unanswered_proposals(now)
    pair_everywhere()
