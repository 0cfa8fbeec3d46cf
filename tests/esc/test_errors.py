"""The one voice that says no: on a page, in JSON, in a frame, and of a file."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from esc.errors import FileRefusal, Refusal
from esc.middleware import RefusalMiddleware

REFUSAL = Refusal("not_yours", "This is somebody else's.", status=HTTPStatus.FORBIDDEN)


def test_frame_carries_code_and_sentence_and_the_client_id_where_there_was_one() -> None:
    frame = {"type": "refused", "code": "not_yours", "message": "This is somebody else's."}
    assert REFUSAL.as_frame() == frame
    assert REFUSAL.as_frame(client_id="c1") == {**frame, "client_id": "c1"}


def test_file_refusal_reads_as_place_and_reason() -> None:
    assert str(FileRefusal("approval.empathy", "expected 1 to 5")) == "approval.empathy: expected 1 to 5"
    assert str(FileRefusal("", "this is not a TOML file")) == "this is not a TOML file"


@pytest.fixture
def middleware() -> RefusalMiddleware:
    def never(request: HttpRequest) -> None:
        raise AssertionError("not called")

    return RefusalMiddleware(never)  # type: ignore[arg-type]


def test_refusal_becomes_a_page_with_its_sentence_and_status(middleware: RefusalMiddleware) -> None:
    response = middleware.process_exception(RequestFactory().get("/"), REFUSAL)
    assert response is not None
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert "This is somebody else&#x27;s." in response.content.decode()


def test_refusal_becomes_json_for_a_script(middleware: RefusalMiddleware) -> None:
    request = RequestFactory().get("/", headers={"Accept": "application/json"})
    response = middleware.process_exception(request, REFUSAL)
    assert response is not None
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert b'"code": "not_yours"' in response.content


def test_any_other_exception_is_a_bug_and_passes(middleware: RefusalMiddleware) -> None:
    assert middleware.process_exception(RequestFactory().get("/"), ValueError("a bug")) is None
