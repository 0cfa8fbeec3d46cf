"""What a run needs: a PostgreSQL of its own on the driver's core, servers on theirs, and nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SERVER_CORE, DRIVER_CORE = "0", "1"
PYTHON = sys.executable
UVICORN = [str(Path(PYTHON).parent / "uvicorn"), "--ws", "websockets-sansio", "--loop", "uvloop", "--http", "httptools"]


@dataclass(frozen=True)
class Services:
    """Where this run's PostgreSQL and Redis are."""

    database_url: str
    redis_url: str

    def environment(self, *, redis: bool) -> dict[str, str]:
        """The platform's settings. With Redis, as on a server: what processes tell each other goes over it, and the
        clocks are swept elsewhere. Without it, one process does everything."""
        carried = {"REDIS_URL": self.redis_url} if redis else {}
        return {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "SECRET_KEY": "benchmark",
            "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
            "LOG_LEVEL": "ERROR",
            **carried,
        }


@dataclass
class Server:
    """A running server: its ports and processes."""

    ports: list[int]
    pids: list[int]
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def memory_kib(self) -> int:
        """Resident memory of all of its processes."""
        lines = [Path(f"/proc/{pid}/status").read_text() for pid in self.pids]
        return sum(int(text.split("VmRSS:")[1].split()[0]) for text in lines)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


@contextmanager
def services() -> Iterator[Services]:
    """PostgreSQL (synchronous_commit on) and Redis of this run alone, both on the driver's core."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        yield Services(_postgres(stack, folder / "pg"), _redis(stack))


def _postgres(stack: ExitStack, data: Path) -> str:
    binaries = sorted(glob("/usr/lib/postgresql/*/bin")) or [str(Path(shutil.which("initdb") or "").parent)]
    if not Path(binaries[-1], "initdb").exists():
        raise SystemExit("The benchmark needs PostgreSQL's server programs. On Debian: apt install postgresql")
    as_user = []
    if os.geteuid() == 0:  # PostgreSQL does not run as root
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(data.parent, "postgres")
    pin = [*as_user, "taskset", "-c", DRIVER_CORE]
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL}
    subprocess.run([*pin, f"{binaries[-1]}/initdb", "-D", data, "-A", "trust", "-U", "postgres"], **quiet)
    port = free_port()
    options = f"-p {port} -k {data} -c listen_addresses=127.0.0.1 -c synchronous_commit=on -c max_connections=200"
    control = [*pin, f"{binaries[-1]}/pg_ctl", "-D", str(data), "-w", "-l", str(data / "log")]
    subprocess.run([*control, "-o", options, "start"], **quiet)
    stack.callback(lambda: subprocess.run([*control, "-m", "immediate", "stop"], **quiet))
    return f"postgres://postgres@127.0.0.1:{port}/postgres"


def _redis(stack: ExitStack) -> str:
    port = free_port()
    command = ["taskset", "-c", DRIVER_CORE, "redis-server", "--port", str(port), "--save", "", "--appendonly", "no"]
    redis = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    stack.callback(_stop, redis)
    wait_for(port)
    return f"redis://127.0.0.1:{port}/0"


def manage(environment: dict[str, str], *arguments: str) -> str:
    """What `manage.py` prints."""
    done = subprocess.run([PYTHON, "manage.py", *arguments], cwd=ROOT, env=environment, check=True, capture_output=True)
    return done.stdout.decode()


@contextmanager
def serving(application: str, environment: dict[str, str], *, processes: int = 1) -> Iterator[Server]:
    """So many processes of it on the server's core, each on a port of its own, up before this comes back."""
    server = Server([], [])
    try:
        for _ in range(processes):
            port = free_port()
            command = ["taskset", "-c", SERVER_CORE, *UVICORN, application, "--app-dir", "platform"]
            command += ["--port", str(port), "--log-level", "error", "--no-access-log"]
            command += ["--ws-max-size", "1048576", "--ws-per-message-deflate", "false"]
            started = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
            server.started.append(started)
            server.ports.append(port)
            server.pids.append(started.pid)
            wait_for(port)
        yield server
    finally:
        for started in server.started:
            _stop(started)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def drive(server: Server, seats: Path, *arguments: str) -> dict[str, Any]:
    """What the driver saw, on its own core."""
    command = ["taskset", "-c", DRIVER_CORE, PYTHON, "-m", "benchmarks.driver", "--seats", str(seats), *arguments]
    command += ["--ports", ",".join(map(str, server.ports)), "--pids", ",".join(map(str, server.pids))]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@contextmanager
def idle(server: Server, seats: Path, pairs: int) -> Iterator[None]:
    """So many pairs of open sockets that say nothing."""
    command = [PYTHON, "-m", "benchmarks.driver", "--seats", str(seats), "--mode", "idle", "--seconds", "600"]
    command += ["--pairs", str(pairs), "--ports", ",".join(map(str, server.ports))]
    driver = subprocess.Popen(["taskset", "-c", DRIVER_CORE, *command], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert driver.stdout is not None
        driver.stdout.readline()
        yield
    finally:
        _stop(driver)


def seats_of(lines: Sequence[str], path: Path) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path
