"""The pages that belong to no step: home, health, and what to say when a form has gone stale."""

from __future__ import annotations

from http import HTTPStatus

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static


def home(request: HttpRequest) -> HttpResponse:
    """What this site is. People take part by a link of their own."""
    return render(request, "esc/home.html")


def health(request: HttpRequest) -> HttpResponse:
    """200 where this process answers and reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


def favicon(request: HttpRequest) -> HttpResponse:
    """To our icon, for pages that do not name it themselves: the admin's."""
    return redirect(static("esc/favicon.svg"), permanent=True)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token no longer holds (it stood open for very long, or in another session). Nothing was changed."""
    return render(request, "esc/stale_form.html", status=HTTPStatus.FORBIDDEN)
