from __future__ import annotations

from django.apps import AppConfig


class TutorialConfig(AppConfig):
    name = "tutorial"
