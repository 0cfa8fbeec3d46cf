"""Background work without a broker, and waking with one that is gone."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from celery.signals import after_task_publish
from django.db import transaction
from django.utils.module_loading import autodiscover_modules

from esc import background, celery
from esc.celery import app

HOUR = 3600.0


class Tasks:
    """Stands in for Celery's registry: notes each run, and lets a test wait for the next one."""

    def __init__(self, **failing: Exception) -> None:
        self.runs: asyncio.Queue[str] = asyncio.Queue()
        self.failing = failing
        self.waiting: dict[str, threading.Event] = {}
        self.loop = asyncio.get_running_loop()

    def __getitem__(self, name: str) -> Callable[[], None]:
        if name == "unknown":
            raise app.tasks.NotRegistered(name)

        def run() -> None:
            self.loop.call_soon_threadsafe(self.runs.put_nowait, name)
            if name in self.waiting:
                self.waiting[name].wait()
            if name in self.failing:
                raise self.failing[name]

        return run


@asynccontextmanager
async def embedded_loop(monkeypatch: pytest.MonkeyPatch, settings: Any, tasks: Tasks, **periods: float) -> Any:
    """The loop runs in this block, over these tasks with these periods in seconds."""
    settings.EMBEDDED = True
    settings.CELERY_BEAT_SCHEDULE = {name: {"task": name, "schedule": period} for name, period in periods.items()}
    monkeypatch.setattr(app, "tasks", tasks, raising=False)
    loop = asyncio.create_task(background.run_embedded_loop())
    try:
        yield
    finally:
        loop.cancel()
        with suppress(asyncio.CancelledError):
            await loop


@pytest.mark.django_db
class TestEmbeddedLoop:
    async def test_every_task_runs_at_the_start_and_again_in_its_period(
        self, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        tasks = Tasks()
        async with embedded_loop(monkeypatch, settings, tasks, often=0.01, seldom=HOUR):
            seen = [await tasks.runs.get() for _ in range(4)]
        assert seen.count("seldom") == 1
        assert seen.count("often") == 3

    async def test_failing_task_is_logged_and_runs_again_and_does_not_stop_the_others(
        self, monkeypatch: pytest.MonkeyPatch, settings: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        tasks = Tasks(bad=ValueError("it broke"))
        async with embedded_loop(monkeypatch, settings, tasks, bad=0.01, good=0.01):
            seen = [await tasks.runs.get() for _ in range(6)]
        assert seen.count("bad") >= 2
        assert seen.count("good") >= 2
        failure = next(record for record in caplog.records if "Background task bad failed" in record.message)
        assert failure.exc_info is not None

    async def test_a_slow_task_holds_no_other_up_and_runs_once_at_a_time(
        self, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        tasks, released = Tasks(), threading.Event()
        tasks.waiting["slow"] = released
        async with embedded_loop(monkeypatch, settings, tasks, slow=0.01, quick=0.01):
            try:
                seen = [await tasks.runs.get() for _ in range(6)]
            finally:
                released.set()
            assert seen.count("slow") == 1
            while await tasks.runs.get() != "slow":
                pass

    async def test_waking_makes_a_task_run_before_it_is_due(
        self, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        tasks = Tasks()
        async with embedded_loop(monkeypatch, settings, tasks, seldom=HOUR):
            assert await tasks.runs.get() == "seldom"
            background.wake("seldom")
            assert await tasks.runs.get() == "seldom"

    async def test_waking_works_from_another_thread(self, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
        tasks = Tasks()
        async with embedded_loop(monkeypatch, settings, tasks, seldom=HOUR):
            await tasks.runs.get()
            await asyncio.to_thread(background.wake, "seldom")
            assert await tasks.runs.get() == "seldom"

    async def test_many_wakes_of_one_task_are_one_run(self, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
        tasks = Tasks()
        async with embedded_loop(monkeypatch, settings, tasks, first=HOUR, last=HOUR):
            assert {await tasks.runs.get(), await tasks.runs.get()} == {"first", "last"}
            for _ in range(50):
                background.wake("first")
            assert await tasks.runs.get() == "first"
            background.wake("last")
            assert await tasks.runs.get() == "last"

    async def test_waking_a_task_that_does_not_exist_does_not_end_the_loop(
        self, monkeypatch: pytest.MonkeyPatch, settings: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        tasks = Tasks()
        async with embedded_loop(monkeypatch, settings, tasks, seldom=HOUR):
            await tasks.runs.get()
            background.wake("unknown")
            background.wake("seldom")
            assert await tasks.runs.get() == "seldom"


def test_beat_touches_its_heartbeat_with_every_task_it_sends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(celery, "HEARTBEAT", tmp_path / "heartbeat")
    celery.keep_heartbeat()
    try:
        after_task_publish.send(sender="chat.sweep")
        assert celery.HEARTBEAT.exists()
    finally:
        after_task_publish.disconnect(celery.touch_heartbeat)


def test_waking_where_no_loop_runs_does_nothing(settings: Any) -> None:
    settings.EMBEDDED = True
    background.wake("chat.sweep")


def test_every_task_of_the_beat_table_exists(settings: Any) -> None:
    autodiscover_modules("tasks")
    assert {row["task"] for row in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)


@pytest.fixture
def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("kind", ["closed_port", "black_hole"])
@pytest.mark.django_db(transaction=True)
def test_committed_work_outlives_a_dead_redis(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    kind: str,
) -> None:
    """It comes back by itself, and warns; that it comes back at all is the bound, for nothing here gives up for it."""
    port: int = request.getfixturevalue(kind)
    settings.EMBEDDED = False
    with app.connection_for_write(f"redis://127.0.0.1:{port}/0") as dead:
        monkeypatch.setattr(app, "send_task", lambda task, **options: _send(dead, task, options))
        with caplog.at_level(logging.WARNING), transaction.atomic():
            background.wake_on_commit("chat.sweep")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "chat.sweep could not be woken" in caplog.text


def _send(connection: Any, task: str, options: dict[str, Any]) -> None:
    type(app).send_task(app, task, connection=connection, **options)


def test_wake_that_fails_on_commit_never_raises(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any, db: None
) -> None:
    def broken(task: str) -> None:
        raise RuntimeError("anything")

    monkeypatch.setattr(background, "wake", broken)
    with django_capture_on_commit_callbacks(execute=True):
        background.wake_on_commit("chat.sweep")


class TestWorkersQueue:
    """What only some workers can do is asked of them once at a time, so that a queue without a worker stays short."""

    @pytest.fixture
    def queue(self, settings: Any) -> Iterator[str]:
        """A queue of this test's own, on the broker that there is."""
        settings.EMBEDDED = False
        name = f"test-{uuid.uuid4()}"
        yield name
        with background.broker_connection() as connection:
            channel: Any = connection.default_channel
            channel.queue_purge(name)

    def waiting(self, queue: str) -> int:
        with background.broker_connection() as connection:
            return background.messages_in(queue, connection)

    def test_one_message_waits_at_most(self, queue: str) -> None:
        assert self.waiting(queue) == 0
        for _ in range(5):
            background.wake_worker("modelserve.serve", queue)
            assert self.waiting(queue) == 1

    def test_once_it_is_taken_the_next_one_is_sent(self, queue: str) -> None:
        background.wake_worker("modelserve.serve", queue)
        with background.broker_connection() as connection, connection.SimpleQueue(queue) as taker:
            message = taker.get(timeout=5)
            assert message.headers["task"] == "modelserve.serve"
            message.ack()
        assert self.waiting(queue) == 0
        background.wake_worker("modelserve.serve", queue)
        assert self.waiting(queue) == 1

    @pytest.mark.parametrize("kind", ["closed_port", "black_hole"])
    def test_a_broker_that_is_gone_costs_a_warning(
        self,
        request: pytest.FixtureRequest,
        monkeypatch: pytest.MonkeyPatch,
        settings: Any,
        caplog: pytest.LogCaptureFixture,
        kind: str,
    ) -> None:
        port: int = request.getfixturevalue(kind)
        settings.EMBEDDED = False
        dead = app.connection_for_write(f"redis://127.0.0.1:{port}/0").Pool(1)
        monkeypatch.setattr(type(app), "pool", dead)
        background.wake_worker("modelserve.serve", "model")
        assert "modelserve.serve could not be woken" in caplog.text
