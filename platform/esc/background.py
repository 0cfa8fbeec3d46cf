"""Background work: Celery where a broker is configured, else one loop inside the web process.

Rows with due times are the truth and the beat table in the settings is the only clock. `wake` merely makes something
that is already due happen sooner, so a wake-up that is lost costs seconds, never work.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import transaction

from esc.celery import app

log = logging.getLogger(__name__)

_woken: asyncio.Queue[str] | None = None  # the running embedded loop's own queue, if this process has one
_home: asyncio.AbstractEventLoop | None = None


def wake_on_commit(task: str) -> None:
    """Once this transaction is committed, ask for one run of the task of that name. Never raises: the sweep comes."""
    transaction.on_commit(lambda: wake(task), robust=True)


def wake(task: str) -> None:
    """Ask for one run of the task of that name, soon. Where nobody listens this does nothing."""
    if not settings.EMBEDDED:
        app.send_task(task, retry=False, expires=30)
    elif _home is not None and _woken is not None:
        _home.call_soon_threadsafe(_woken.put_nowait, task)


async def run_embedded_loop() -> None:
    """Run the tasks of the beat table in this process until cancelled, each in its period or as soon as woken."""
    global _woken, _home
    _woken, _home = asyncio.Queue(), asyncio.get_running_loop()
    periods = {row["task"]: float(row["schedule"]) for row in settings.CELERY_BEAT_SCHEDULE.values()}
    due = dict.fromkeys(periods, time.monotonic())
    app.loader.import_default_modules()
    try:
        while True:
            soonest = min(due, key=lambda task: due[task])
            try:
                async with asyncio.timeout(max(0.0, due[soonest] - time.monotonic())):
                    soonest = await _woken.get()
            except TimeoutError:
                due[soonest] = time.monotonic() + periods[soonest]
            await _run(app.tasks[soonest])
    finally:
        _woken = _home = None


async def _run(task: Callable[[], object]) -> None:
    """Run one task in a thread of its own. A failing task is logged with its traceback, and tried again when due."""
    try:
        await database_sync_to_async(task, thread_sensitive=False)()
    except Exception:
        log.exception("Background task %s failed; it runs again when it is due.", task)
