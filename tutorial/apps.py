from __future__ import annotations

from django.apps import AppConfig

from esc.studies.opening import check_before_opening


class TutorialConfig(AppConfig):
    name = "tutorial"

    def ready(self) -> None:
        """No study opens whose supporters could not be examined."""
        from tutorial.fitting import check_protocol  # imports models, which are there only now

        check_before_opening(check_protocol)
