"""The admin's form for signing in: Django's own, with every try counted before its password is looked at."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from esc.errors import Refusal
from esc.staff.services import forget_tries_of, note_try


class SignInForm(AdminAuthenticationForm):
    def clean(self) -> dict[str, Any]:
        account, password = (self.cleaned_data.get(name) for name in ("username", "password"))
        if not account or not password:
            return super().clean()
        address = address_of(self.request) if self.request else ""
        try:
            note_try(account=account, address=address)
        except Refusal as refusal:
            raise ValidationError(refusal.message, code=refusal.code) from refusal
        cleaned: dict[str, Any] = super().clean()
        forget_tries_of(account=account, address=address)
        return cleaned


def address_of(request: HttpRequest) -> str:
    """Where a request came from: behind a proxy, what the nearest one says (the last of X-Forwarded-For)."""
    if settings.SECURE_PROXY_SSL_HEADER and (forwarded := request.headers.get("X-Forwarded-For", "")):
        return forwarded.rpartition(",")[2].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
