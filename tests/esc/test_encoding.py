"""Only UTF-8 gets in, and nothing else is a fault of ours."""

from __future__ import annotations

from typing import Any

import pytest
from channels.testing import HttpCommunicator

from esc.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n+AGE-\xff\r\n--x--\r\n'


async def status(content_type: str, body: bytes, method: str = "POST") -> int:
    headers = [(b"host", b"testserver"), (b"content-type", content_type.encode("latin1"))]
    asked: Any = HttpCommunicator(application, method, "/admin/login/?next=%ff", body, headers)
    return int((await asked.get_response(timeout=10))["status"])


@pytest.mark.parametrize(
    "charset", ["utf-7", "utf-16", "idna", "base64", "nonsense", '"utf-7"', "utf-8; charset=utf-7"]
)
@pytest.mark.parametrize("kind", [FORM, PARTS, "text/plain"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_another_encoding_is_a_bad_request(kind: str, charset: str, method: str) -> None:
    assert await status(f"{kind}; charset={charset}", PART, method) == 400


@pytest.mark.parametrize("kind", [FORM, f"{FORM}; charset=utf-8", f'{FORM}; charset="UTF-8"', PARTS, "", ";;="])
async def test_utf_8_is_taken_and_so_is_a_request_that_does_not_say(kind: str) -> None:
    body = PART if kind == PARTS else b"username=%C3%A9"
    assert await status(kind, body) in (200, 403)  # without the form's token


async def test_a_charset_in_a_strange_encoding_of_its_own_is_one_too() -> None:
    assert await status("text/plain; charset*=bogus''utf-8", PART) == 400
