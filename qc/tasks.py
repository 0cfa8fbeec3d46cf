"""The sweep that gives verdicts. It finds its work in the tables, so it may run at any time, and twice."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from qc import services


@shared_task(name="qc.judge_waiting")
def judge_waiting() -> None:
    services.judge_waiting(now=timezone.now())
