"""A PostgreSQL and a Redis of these tests' own, that can be stopped, restarted and killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.services import database_fault, free_port, postgres_programs, program, redis_fault

START_UP = 30  # seconds
MOST_CONNECTIONS = 300


def until_well(fault: Callable[[], str], what: str) -> None:
    """Waits until there is nothing wrong with it. An AssertionError with the last fault where that takes too long."""
    deadline = time.monotonic() + START_UP
    while why := fault():
        assert time.monotonic() < deadline, f"{what} does not answer: {why}"
        time.sleep(0.05)


class Postgres:
    """PostgreSQL in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._place = folder / "postgres"
        self._place.mkdir()
        self._port = free_port()
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(self._place, "postgres")
            self._user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        self._programs = postgres_programs()
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8")

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        settings = f"-p {self._port} -k {self._place} -c listen_addresses=127.0.0.1 -N {MOST_CONNECTIONS}"
        self._run("pg_ctl", "start", "-w", "-o", settings, "-l", str(self._place / "log"))
        until_well(lambda: database_fault(self.url), "PostgreSQL")

    def stop(self, mode: str = "fast") -> None:
        """`fast` breaks every connection off; `immediate` is a crash, and the next start recovers from it."""
        self._run("pg_ctl", "stop", "-w", "-m", mode)

    def _run(self, name: str, *arguments: str) -> None:
        command = [str(self._programs / name), "-D", str(self._place / "data"), *arguments]
        subprocess.run(command, check=True, cwd=self._place, stdout=subprocess.DEVNULL, **self._user)


class Redis:
    """Redis in memory alone: whatever it knew is gone with a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        command = [program("redis-server", "redis-server"), "--port", str(self._port), "--bind", "127.0.0.1"]
        self._process = subprocess.Popen(
            [*command, "--save", "", "--dir", str(self._folder)], stdout=subprocess.DEVNULL
        )
        until_well(lambda: redis_fault(self.url), "Redis")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
