"""The Celery application. Tasks are called by name, so that a lower floor never imports a higher one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import after_task_publish, beat_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "esc.settings")

app = Celery("esc")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

HEARTBEAT = Path(tempfile.gettempdir()) / "beat-heartbeat"


@beat_init.connect
def keep_heartbeat(**_: Any) -> None:
    """From now on this process, which is beat, touches a file with every task it sends: a health check looks at it."""
    after_task_publish.connect(touch_heartbeat)


def touch_heartbeat(**_: Any) -> None:
    HEARTBEAT.touch()
