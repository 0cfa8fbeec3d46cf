"""The Celery application. Tasks are called by name, so that a lower floor never imports a higher one."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "esc.settings")

app = Celery("esc")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
