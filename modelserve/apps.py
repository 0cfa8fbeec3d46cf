from __future__ import annotations

from django.apps import AppConfig


class ModelserveConfig(AppConfig):
    name = "modelserve"
