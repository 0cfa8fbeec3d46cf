"""What every request passes: our static files, and a Refusal that a page's door did not handle itself."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

from esc.errors import Refusal


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # it has no types
    """WhiteNoise, with each file read whole: it streams them synchronously, of which Django warns under ASGI.

    Our files are small.
    """

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        answer = static_file.get_response(request.method, request.META)
        response = HttpResponse(status=int(answer.status))
        if answer.file is not None:
            with answer.file as file:
                response.content = file.read()
        del response["Content-Type"]
        for name, value in answer.headers:
            response[name] = value
        return response


class RefusalMiddleware:
    """A refusal as a plain page, or as JSON for a script."""

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
