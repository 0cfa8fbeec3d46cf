"""Alerts leave the house in the background: a sweep tries whatever is due."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from esc.safety.sending import send_due


@shared_task(name="safety.send_alerts")
def send_alerts() -> None:
    """Safe to run twice and from many workers."""
    send_due(timezone.now())
