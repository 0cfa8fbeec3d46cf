"""Reading the environment: a malformed value stops the start with a sentence, never with a guess."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str) -> bool:
    """True or False for 1/true/yes/on or 0/false/no/off (any case); unset is False."""
    value = os.environ.get(name, "").strip().lower()
    if value in YES or value in NO:
        return value in YES
    raise ImproperlyConfigured(f"{name}={value!r}: expected true or false.")


def choice(name: str, options: Sequence[str], default: str) -> str:
    """One of the options, in any case; unset is the default."""
    value = text(name, default)
    if value.upper() in options:
        return value.upper()
    raise ImproperlyConfigured(f"{name}={value!r}: expected one of {', '.join(options)}.")


def url(name: str, schemes: Sequence[str]) -> str:
    """An address with one of these schemes; "" where unset."""
    value = text(name)
    if value and value.partition("://")[0] not in schemes:
        # The value itself stays out of the log: an address may hold a password.
        raise ImproperlyConfigured(
            f"{name}: expected an address that begins with {' or '.join(s + '://' for s in schemes)}."
        )
    return value


class MailServer(NamedTuple):
    """Where e-mail is handed in. False where there is none."""

    encryption: str = ""  # "smtp" (none), "smtp+tls" (STARTTLS) or "smtps" (from the first byte)
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""

    def __bool__(self) -> bool:
        return bool(self.host)


def mail_server(name: str) -> MailServer:
    """The server of an address such as smtp+tls://user:password@mail.example.org:587; none where it is unset."""
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    value = url(name, list(ports))
    parts = urlsplit(value)
    try:
        port, host = parts.port, parts.hostname
    except ValueError:
        port, host = None, None
    if value and not host:
        raise ImproperlyConfigured(f"{name}: expected a server, such as smtp+tls://user:password@mail.example.org:587.")
    if not value or host is None:
        return MailServer()
    user, password = (unquote(part or "") for part in (parts.username, parts.password))
    return MailServer(parts.scheme, host, port or ports[parts.scheme], user, password)


def words(name: str, default: list[str]) -> list[str]:
    """A comma-separated list, blanks dropped."""
    listed = [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]
    return listed or default
