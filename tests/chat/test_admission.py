"""From which pages a socket may be opened."""

from __future__ import annotations

from typing import Any

import pytest

from chat.admission import from_this_site


def is_ours(origin: str | None, host: str | None) -> bool:
    named = {b"origin": origin, b"host": host}
    return from_this_site({"headers": [(name, value.encode()) for name, value in named.items() if value is not None]})


@pytest.fixture(autouse=True)
def hosts(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["research.example.org", "127.0.0.1", "[::1]"]
    settings.CSRF_TRUSTED_ORIGINS = []


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://research.example.org", "research.example.org"),
        ("https://research.example.org", "research.example.org:443"),
        ("https://research.example.org:443", "research.example.org"),
        ("https://research.example.org:8443", "research.example.org:8443"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("http://127.0.0.1", "127.0.0.1"),
    ],
)
def test_a_page_of_this_site_opens_a_socket(origin: str, host: str) -> None:
    assert is_ours(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:8001", "127.0.0.1:8000"),  # another program on this machine
        ("http://127.0.0.1", "127.0.0.1:8000"),
        ("https://research.example.org:8443", "research.example.org"),
        ("http://research.example.org:443x", "research.example.org"),
        ("https://evil.example", "research.example.org"),
        ("https://evil.example", "evil.example"),
        ("https://research.example.org.evil.example", "research.example.org"),
        ("ws://research.example.org", "research.example.org"),
        ("http://[", "research.example.org"),
        ("https://research.example.org:8443", "research.example.org:port"),
        ("https://:443", "research.example.org"),
        ("null", "research.example.org"),
        ("", "research.example.org"),
        (None, "research.example.org"),
    ],
)
def test_any_other_page_does_not(origin: str | None, host: str | None) -> None:
    assert not is_ours(origin, host)


def test_two_origins_are_none() -> None:
    ours = [(b"origin", b"http://127.0.0.1:8000")] * 2
    assert not from_this_site({"headers": [*ours, (b"host", b"127.0.0.1:8000")]})


def test_behind_a_proxy_that_hides_the_port_the_trusted_origin_is_ours(settings: Any) -> None:
    assert not is_ours("https://research.example.org:8443", "research.example.org")
    settings.CSRF_TRUSTED_ORIGINS = ["https://research.example.org:8443"]
    assert is_ours("https://research.example.org:8443", "research.example.org")
    assert not is_ours("https://research.example.org:8444", "research.example.org")
