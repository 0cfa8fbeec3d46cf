from __future__ import annotations

from django.apps import AppConfig


class SafetyConfig(AppConfig):
    name = "esc.safety"
    label = "safety"

    def ready(self) -> None:
        from esc.safety.sending import check_alerts_can_be_sent
        from esc.studies.opening import check_before_opening

        check_before_opening(check_alerts_can_be_sent)
