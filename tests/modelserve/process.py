"""`python -m tests.modelserve.process FOLDER`: a real Celery worker with weights, on a broker that is a folder.

Its engine is the tests' own: while FOLDER holds a file `hold`, it thinks for ever, and says so in a file `thinking`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from esc.ontology import Strategy
from modelserve.engines.base import Context, Reply

ROOT = Path(__file__).resolve().parents[2]


class Slow:
    """Thinks for as long as it is held."""

    speaks = frozenset({Strategy.QUESTION.value})

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def reply(self, contexts: Sequence[Context]) -> list[Reply]:
        begun = time.perf_counter()
        if (self.folder / "hold").exists():
            (self.folder / "thinking.tmp").write_text(str(len(contexts)))
            (self.folder / "thinking.tmp").rename(self.folder / "thinking")  # never seen half written
        while (self.folder / "hold").exists():
            time.sleep(0.02)
        seconds = time.perf_counter() - begun
        return [Reply(Strategy.QUESTION, f"What came after {c.utterances[-1].text}", 4, seconds) for c in contexts]


def broker(folder: Path) -> dict[str, Any]:
    """Settings of a Celery broker that needs nothing but a folder."""
    (folder / "messages").mkdir(exist_ok=True)
    (folder / "control").mkdir(exist_ok=True)
    return {
        "broker_url": "filesystem://",
        "broker_transport_options": {
            "data_folder_in": str(folder / "messages"),
            "data_folder_out": str(folder / "messages"),
            "control_folder": str(folder / "control"),
        },
    }


@contextlib.contextmanager
def worker_process(folder: Path, database: str) -> Iterator[subprocess.Popen[bytes]]:
    """The worker, for as long as the block lasts or until somebody kills it; what it says is in FOLDER/log."""
    env = {**os.environ, "DATABASE_URL": database, "REDIS_URL": ""}
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT / "platform"), str(ROOT)])
    with (folder / "log").open("ab") as log:
        command = [sys.executable, "-m", "tests.modelserve.process", str(folder)]
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def main(folder: Path) -> None:
    from modelserve import loaded

    stand_ins: dict[str, Any] = {
        "load_engine": lambda spec: Slow(folder),
        "checkpoint_hash": lambda checkpoint: "c0ffee" * 10 + "abcd",
    }
    vars(loaded).update(stand_ins)

    from django.conf import settings

    from esc.celery import app

    for name, value in broker(folder).items():
        setattr(settings, f"CELERY_{name.upper()}", value)
    app.config_from_object(settings, namespace="CELERY")
    app.worker_main(["worker", "-Q", "model", "--pool", "solo", "--loglevel", "INFO", "--without-mingle"])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "esc.settings")
    import django

    django.setup()
    main(Path(sys.argv[1]))
