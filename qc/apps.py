from __future__ import annotations

from django.apps import AppConfig


class QCConfig(AppConfig):
    name = "qc"
    verbose_name = "Quality control"
