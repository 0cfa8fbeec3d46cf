"""Runs a command with a PostgreSQL and a Redis: those named in the environment, the local ones, or throw-away ones.

Usage: python tools/services.py COMMAND [ARGUMENT …]
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import redis

LOCAL_DATABASE = "postgres://postgres@127.0.0.1:5432/postgres"
LOCAL_REDIS = "redis://127.0.0.1:6379/0"


class Missing(Exception):
    """A service that is needed is not there; the message says what to do."""


def database_fault(url: str) -> str:
    """Why this database does not do, or "" where it does: tests make databases of their own in it."""
    try:
        connection = psycopg2.connect(url, connect_timeout=3)
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            row = cursor.fetchone()
        return "" if row and row[0] else "its user may not create databases"
    except psycopg2.Error as error:
        return str(error).strip()


def redis_fault(url: str) -> str:
    """Why this Redis does not do, or "" where it does."""
    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3)
        with contextlib.closing(client):
            client.ping()
        return ""
    except (redis.RedisError, ValueError) as error:
        return str(error)


@contextlib.contextmanager
def database(folder: Path) -> Iterator[str]:
    """The address of a PostgreSQL, for as long as the block runs."""
    named = os.environ.get("DATABASE_URL")
    if not (fault := database_fault(named or LOCAL_DATABASE)):
        yield named or LOCAL_DATABASE
        return
    if named:
        raise Missing(f"DATABASE_URL: {fault}")
    print(f"No PostgreSQL for us at 127.0.0.1:5432 ({fault}); starting a throw-away one.", flush=True)
    programs = postgres_programs()
    port, place = free_port(), folder / "postgres"
    place.mkdir()
    user: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(place, "postgres")
        user = {"user": "postgres", "group": "postgres", "extra_groups": []}
    quiet = subprocess.DEVNULL
    made: list[str | Path] = [programs / "initdb", "-D", place / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    subprocess.run(made, check=True, stdout=quiet, cwd=place, **user)
    settings = ["-c", "listen_addresses=127.0.0.1", "-p", str(port), "-k", str(place)]
    server = subprocess.Popen(
        [programs / "postgres", "-D", place / "data", *settings], stdout=quiet, stderr=quiet, cwd=place, **user
    )
    with _running(server):
        url = f"postgres://postgres@127.0.0.1:{port}/postgres"
        _wait_for(lambda: database_fault(url), "The throw-away PostgreSQL")
        yield url


@contextlib.contextmanager
def cache(folder: Path) -> Iterator[str]:
    """The address of a Redis, for as long as the block runs."""
    named = os.environ.get("REDIS_URL")
    if not (fault := redis_fault(named or LOCAL_REDIS)):
        yield named or LOCAL_REDIS
        return
    if named:
        raise Missing(f"REDIS_URL: {fault}")
    print(f"No Redis at 127.0.0.1:6379 ({fault}); starting a throw-away one.", flush=True)
    server_program = program("redis-server", "redis-server")
    port, place = free_port(), folder / "redis"
    place.mkdir()
    server = subprocess.Popen(
        [server_program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", place],
        stdout=subprocess.DEVNULL,
    )
    with _running(server):
        url = f"redis://127.0.0.1:{port}/0"
        _wait_for(lambda: redis_fault(url), "The throw-away Redis")
        yield url


def postgres_programs() -> Path:
    """The folder with initdb and postgres. Debian keeps them off the PATH, the newest version last."""
    path = os.pathsep.join(
        [*map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), os.environ["PATH"]]
    )
    return Path(program("initdb", "postgresql", path)).resolve().parent


def program(name: str, package: str, path: str | None = None) -> str:
    """Where that program is; installed by the package manager where we are root and it is missing."""
    if found := shutil.which(name, path=path):
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", package]):
            subprocess.run(["apt-get", "-qq", *command], check=False, env=environment)
        if name == "initdb":  # its folder has only just come to be
            path = os.pathsep.join(map(str, Path("/usr/lib/postgresql").glob("*/bin")))
        if found := shutil.which(name, path=path):
            return found
    raise Missing(
        f"{package} is not installed, and cannot be installed from here. Install it (Debian: apt install {package}), "
        "or name a running server in DATABASE_URL or REDIS_URL."
    )


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def _running(server: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait_for(fault: Callable[[], str], what: str) -> None:
    deadline = time.monotonic() + 30
    while why := fault():
        if time.monotonic() > deadline:
            raise Missing(f"{what} does not answer: {why}")
        time.sleep(0.1)


def main(command: list[str]) -> int:
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
            folder = Path(name)
            folder.chmod(0o755)  # PostgreSQL's own user has to get to its part of it
            environment = {
                **os.environ,
                "DATABASE_URL": stack.enter_context(database(folder)),
                "REDIS_URL": stack.enter_context(cache(folder)),
            }
            return subprocess.run(command, env=environment, check=False).returncode
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
