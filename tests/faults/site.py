"""The site as operators run it: several web processes, a worker and beat, each of which can be killed by itself."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.services import Postgres, Redis, until_well
from tools.services import free_port

ROOT = Path(__file__).resolve().parents[2]
WEB = 3  # processes
SLUG = "faults"


@dataclass
class Process:
    """One process of the site, and how it is started again."""

    command: list[str]
    env: dict[str, str]
    log: Path
    _running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-m", *self.command], cwd=ROOT, env=self.env, stdout=log, stderr=subprocess.STDOUT
            )

    @property
    def is_running(self) -> bool:
        return self._running is not None and self._running.poll() is None

    def signal(self, number: signal.Signals) -> None:
        if self._running is not None:
            self._running.send_signal(number)

    def wait(self) -> None:
        """Until it is gone; one that does not go by itself is killed, and that is a fault."""
        if self._running is None:
            return
        try:
            self._running.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()
            raise AssertionError(f"{self.command} did not stop when it was told to") from None

    def kill(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running.wait()


@dataclass
class Web(Process):
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        super().start()
        until_well(self._fault, f"the web process at {self.url}")

    def _fault(self) -> str:
        try:
            urllib.request.urlopen(f"{self.url}/health/", timeout=5).close()
        except (urllib.error.URLError, OSError) as error:
            return str(error)
        return ""


@dataclass
class Site:
    """All of it. `pairs` makes people who are in the chat already."""

    postgres: Postgres
    redis: Redis
    env: dict[str, str]
    web: list[Web] = field(default_factory=list)
    worker: Process | None = None
    beat: Process | None = None

    @property
    def processes(self) -> list[Process]:
        return [*self.web, *(process for process in (self.worker, self.beat) if process is not None)]

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{arguments} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def pairs(self, number: int) -> list[dict[str, Any]]:
        printed = self.manage("rehearsal_seats", "--study", SLUG, "--pairs", str(number))
        return [json.loads(line) for line in printed.splitlines()]


@contextlib.contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    """A site that answers, with an open rehearsal, for as long as the block lasts."""
    folder.chmod(0o755)  # PostgreSQL's own user has to get to its part of it
    with contextlib.ExitStack() as stack:
        postgres, redis = Postgres(folder), Redis(folder)
        for service in (postgres, redis):
            service.start()
            stack.callback(service.stop)
        site = Site(postgres, redis, _environment(postgres, redis))
        site.manage("migrate", "--verbosity", "0")
        site.manage("create_study", "--slug", SLUG, "--rehearsal", "--open")
        site.web = [_web(site.env, folder, free_port()) for _ in range(WEB)]
        celery = ["celery", "-A", "esc.celery"]
        site.worker = Process([*celery, "worker", "--pool", "solo"], site.env, folder / "worker.log")
        schedule = str(folder / "schedule")
        site.beat = Process([*celery, "beat", "--schedule", schedule], site.env, folder / "beat.log")
        for process in site.processes:
            process.start()
            stack.callback(process.kill)
        yield site


def _environment(postgres: Postgres, redis: Redis) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in {"PRODUCTION", "PYTEST_CURRENT_TEST"}}
    return {
        **inherited,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "platform"), str(ROOT)]),
        "DJANGO_SETTINGS_MODULE": "esc.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": postgres.url,
        "REDIS_URL": redis.url,
    }


def _web(env: dict[str, str], folder: Path, port: int) -> Web:
    command = ["uvicorn", "esc.asgi:application", "--host", "127.0.0.1", "--port", str(port), "--lifespan", "on"]
    command += [
        "--ws",
        "websockets-sansio",
        "--ws-max-size",
        "1048576",
        "--ws-per-message-deflate",
        "false",
        "--no-access-log",
        "--timeout-graceful-shutdown",
        "3",
    ]
    return Web(command, env, folder / f"web-{port}.log", port=port)
