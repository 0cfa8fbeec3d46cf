from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest


class StaffConfig(AppConfig):
    name = "esc.staff"
    label = "staff"
    verbose_name = "Researchers' accounts"

    def ready(self) -> None:
        user_logged_in.connect(_signed_in)


def _signed_in(request: HttpRequest, **_: Any) -> None:
    from esc.staff.services import limit_session

    limit_session(request.session)
