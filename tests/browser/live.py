"""The real server, as operators run it, on a fresh database of its own; with workers and beat where Redis is named."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import redis

ROOT = Path(__file__).resolve().parents[2]
START_UP = 60  # seconds until a server that does not answer is given up
PASSWORD = secrets.token_urlsafe(12)


@dataclass
class Live:
    """A running server. `manage` and `study` act in its environment, each in a process of its own."""

    url: str
    env: dict[str, str]
    log: Path
    password: str = PASSWORD  # of the account "researcher"
    studies: int = field(default=0, init=False)

    def manage(self, *arguments: str) -> str:
        """What `manage.py` with these arguments prints. An AssertionError with its words where it fails."""
        return self._python(str(ROOT / "manage.py"), *arguments)

    def study(self, **changes: object) -> Study:
        """A new open study, so that no test finds the people of another one in its lobby; with these keys changed."""
        self.studies += 1
        slug = f"study-{self.studies}"
        made = json.loads(
            self._python("-m", "tests.browser.prepare", slug, *(f"{key}={value}" for key, value in changes.items()))
        )
        return Study(slug=slug, pk=made["study"], **{name: self.url + at for name, at in made["links"].items()})

    def study_with_a_model(self, checkpoint: Path) -> Study:
        """A new open study with one more arm, in which that checkpoint supports: a worker has it in memory."""
        return self.study(model=checkpoint)

    def _python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{arguments} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout


@dataclass(frozen=True)
class Study:
    """A study's name, and the links by which people arrive."""

    slug: str
    pk: int
    seeker: str
    supporter: str
    either: str
    scripted: str
    model: str = ""


@contextlib.contextmanager
def live_server(folder: Path) -> Iterator[Live]:
    """A server that answers, for as long as the block lasts."""
    with contextlib.ExitStack() as stack:
        port = _free_port()
        env = {
            **{name: value for name, value in os.environ.items() if name not in {"PRODUCTION", "PYTEST_CURRENT_TEST"}},
            "PYTHONPATH": os.pathsep.join([str(ROOT / "platform"), str(ROOT)]),
            "DJANGO_SETTINGS_MODULE": "esc.settings",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ALLOWED_HOSTS": "127.0.0.1",
            "RESEARCHER_PASSWORD": PASSWORD,
            "DATABASE_URL": stack.enter_context(_database(folder)),
            "REDIS_URL": stack.enter_context(_redis_database()),
        }
        live = Live(url=f"http://127.0.0.1:{port}", env=env, log=folder / "server.log")
        live.manage("migrate", "--verbosity", "0")
        log = stack.enter_context(live.log.open("wb"))
        for command in _commands(port, folder, embedded=not env["REDIS_URL"]):
            process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT
            )
            stack.callback(_stop, process)
        _wait_until_it_answers(live)
        yield live


def _commands(port: int, folder: Path, *, embedded: bool) -> list[list[str]]:
    """The processes of one deployment: the web process alone, or with Celery's two workers and beat."""
    web = ["uvicorn", "esc.asgi:application", "--host", "127.0.0.1", "--port", str(port), "--lifespan", "on"]
    web += [
        "--ws",
        "websockets-sansio",
        "--ws-max-size",
        "1048576",
        "--ws-per-message-deflate",
        "false",
        "--no-server-header",
        "--timeout-graceful-shutdown",
        "3",
    ]
    if embedded:
        return [web]
    celery = ["celery", "-A", "esc.celery"]
    return [
        web,
        [*celery, "worker", "--pool", "solo", "--loglevel", "INFO"],
        [*celery, "worker", "-Q", "model", "--pool", "solo", "--hostname", "model@%h", "--loglevel", "INFO"],
        [*celery, "beat", "--loglevel", "WARNING", "--schedule", str(folder / "beat")],
    ]


@contextlib.contextmanager
def _database(folder: Path) -> Iterator[str]:
    """The address of an empty database: on the PostgreSQL that DATABASE_URL names, else a file of SQLite."""
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield f"sqlite:///{folder / 'browser.sqlite3'}"
        return
    name = f"browser_{secrets.token_hex(6)}"
    connection = psycopg2.connect(given)
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def _redis_database() -> Iterator[str]:
    """The address of an empty database on the Redis that REDIS_URL names; "" where it names none."""
    given = os.environ.get("REDIS_URL", "")
    if not given:
        yield ""
        return
    for number in range(15, 0, -1):
        url = urlunsplit(urlsplit(given)._replace(path=f"/{number}"))
        client = redis.Redis.from_url(url)
        if not client.dbsize():
            try:
                yield url
            finally:
                client.flushdb()
                client.close()
            return
        client.close()
    raise AssertionError("REDIS_URL: expected one of the databases 1 to 15 to be empty, found none")


def _wait_until_it_answers(live: Live) -> None:
    deadline = time.monotonic() + START_UP
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"{live.url}/health/", timeout=2).close()
            return
        time.sleep(0.1)
    raise AssertionError(f"The server did not answer within {START_UP} seconds:\n{live.log.read_text()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
