"""Old tries to sign in are deleted."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from esc.staff import services


@shared_task(name="staff.forget_old_tries")
def forget_old_tries() -> None:
    services.forget_old_tries(timezone.now())
