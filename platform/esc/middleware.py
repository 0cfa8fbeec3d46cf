"""Turns a Refusal that a page's door did not handle itself into a plain page, or into JSON for a script."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from esc.errors import Refusal


class RefusalMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        if request.headers.get("Accept") == "application/json":
            return JsonResponse({"code": exception.code, "message": exception.message}, status=exception.status)
        return render(request, "esc/refused.html", {"refusal": exception}, status=exception.status)
