"""Background work: Celery where a broker is configured, else one loop inside the web process.

Rows with due times are the truth and the beat table in the settings is the only clock. `wake` merely makes something
that is already due happen sooner, so a wake-up that is lost costs seconds, never work.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import AbstractContextManager, suppress
from typing import Any, cast

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import autodiscover_modules
from kombu import Connection
from kombu.exceptions import OperationalError

from esc.celery import app

log = logging.getLogger(__name__)


class Bell:
    """What the embedded loop waits at. Ringing it from any thread makes a task due now; many rings are one run."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()
        self._tasks: set[str] = set()

    def ring(self, task: str) -> None:
        self._loop.call_soon_threadsafe(self._note, task)

    def _note(self, task: str) -> None:
        self._tasks.add(task)
        self._rung.set()

    async def wait(self, seconds: float) -> set[str]:
        """The tasks that were rung for, as soon as there is one, or none after that many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        self._rung.clear()
        rung, self._tasks = self._tasks, set()
        return rung


_bell: Bell | None = None  # the running embedded loop's own, if this process has one


def wake_on_commit(task: str) -> None:
    """Once this transaction is committed, ask for one run of the task of that name. Never raises: the sweep comes."""
    transaction.on_commit(lambda: wake(task), robust=True)


def wake(task: str) -> None:
    """Ask for one run of the task of that name, soon. Where nobody listens, or Redis is gone, this does nothing."""
    if settings.EMBEDDED:
        if _bell is not None:
            _bell.ring(task)
        return
    try:
        app.send_task(task, retry=False, expires=30)
    except OperationalError as error:
        log.warning("%s could not be woken, and runs when it is next due: %s", task, error)


def wake_worker(task: str, queue: str) -> None:
    """Ask the workers of that queue for one run of the task, unless one is asked for already.

    A queue that nobody takes from holds one message, however long that lasts. Never raises.
    """
    if settings.EMBEDDED:
        wake(task)
        return
    with broker_connection() as connection:
        gone: tuple[type[BaseException], ...] = (OperationalError, *connection.connection_errors)
        try:
            if not messages_in(queue, connection):
                app.send_task(task, queue=queue, connection=connection, retry=False, expires=30)
        except gone as error:
            log.warning("%s could not be woken, and runs when it is next due: %s", task, error)


def broker_connection() -> AbstractContextManager[Connection]:
    """One of the connections that this process keeps to its broker, lent for a block."""
    return cast("AbstractContextManager[Connection]", app.pool.acquire(block=True))


def messages_in(queue: str, connection: Connection) -> int:
    """How many messages wait in that queue."""
    channel: Any = connection.default_channel
    try:
        return int(channel.queue_declare(queue, passive=True).message_count)
    except connection.channel_errors:  # where it was never used, or is empty, Redis has no such key
        return 0


async def run_embedded_loop() -> None:
    """Run the tasks of the beat table in this process until cancelled, each in its period or as soon as woken.

    A slow one (an e-mail server that does not answer) holds no other up, and no task runs twice at once.
    """
    global _bell
    _bell = Bell()
    periods = {row["task"]: float(row["schedule"]) for row in settings.CELERY_BEAT_SCHEDULE.values()}
    due = dict.fromkeys(periods, time.monotonic())
    runs = Runs()
    autodiscover_modules("tasks")
    try:
        while True:
            rung = await _bell.wait(max(0.0, min(due.values()) - time.monotonic()))
            now = time.monotonic()
            for task in rung | {task for task, at in due.items() if at <= now}:
                runs.start(task)
                if task in periods:
                    due[task] = now + periods[task]
    finally:
        _bell = None
        await runs.stop()


class Runs:
    """The runs under way: one a task at most. Who asks for a task that is running gets one more run right after it."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()

    def start(self, task: str) -> None:
        if task in self._under_way:
            self._again.add(task)
            return
        run = self._under_way[task] = asyncio.create_task(_run(task))
        run.add_done_callback(lambda _: self._done(task))

    def _done(self, task: str) -> None:
        del self._under_way[task]
        if task in self._again:
            self._again.discard(task)
            self.start(task)

    async def stop(self) -> None:
        self._again.clear()
        for run in (under_way := list(self._under_way.values())):
            run.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _run(task: str) -> None:
    """Run one task in a thread of its own. One that fails is logged with its traceback, and runs again when due."""
    try:
        await database_sync_to_async(app.tasks[task], thread_sensitive=False)()
    except Exception:
        log.exception("Background task %s failed; it runs again when it is due.", task)
