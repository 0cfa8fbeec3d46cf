from __future__ import annotations

from django.apps import AppConfig

from esc.studies.opening import check_before_opening


class ModelserveConfig(AppConfig):
    name = "modelserve"

    def ready(self) -> None:
        """No study opens in which one of its agents could not speak."""
        from modelserve.agents import check_agents  # the engines are read only where an app runs

        check_before_opening(check_agents)
