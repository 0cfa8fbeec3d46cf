"""What every request passes, whatever it asks for."""

from __future__ import annotations

import warnings
from typing import Any

from django.test import AsyncClient, Client

STYLE = "/static/esc/base.css"


async def test_a_static_file_is_served_whole_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        response: Any = await AsyncClient().get(STYLE)
    assert not response.streaming
    assert (response.status_code, response["Content-Type"]) == (200, 'text/css; charset="utf-8"')
    assert int(response["Content-Length"]) == len(response.content) > 10_000


def test_a_part_of_a_static_file_and_none_of_it(client: Client) -> None:
    part = client.get(STYLE, headers={"Range": "bytes=0-9"})
    assert (part.status_code, len(part.content)) == (206, 10)
    assert client.head(STYLE).content == b""
    again = client.get(STYLE, headers={"If-Modified-Since": part["Last-Modified"]})
    assert (again.status_code, again.content) == (304, b"")
