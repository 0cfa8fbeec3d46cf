"""The worker's door: the sweep and other floors start it by name."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from modelserve import services


@shared_task(name="modelserve.answer_turns")
def answer_turns() -> None:
    """Take every turn that is due one step further."""
    services.answer_turns(now=timezone.now())
