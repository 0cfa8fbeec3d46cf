"""The worker's doors: the sweep starts the first one, which wakes the second one where models are served."""

from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

from esc.background import wake_worker
from modelserve import services, serving
from modelserve.models import Agent

LONGEST = 10.0  # seconds of one run, so that a worker that is told to stop soon does; the next one is asked for already


@shared_task(name="modelserve.answer_turns")
def answer_turns() -> None:
    """Take every turn that is due one step further, and have the models look after theirs."""
    services.answer_turns(now=timezone.now())
    if Agent.objects.served().exists():
        wake_worker("modelserve.serve", queue="model")


@shared_task(name="modelserve.serve")
def serve() -> None:
    """Make the replies that are due, batch after batch, as long as there are any."""
    begun = time.monotonic()
    while serving.serve(now=timezone.now()) and time.monotonic() - begun < LONGEST:
        pass
