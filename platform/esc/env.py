"""Reading the environment: a malformed value stops the start with a sentence, never with a guess."""

from __future__ import annotations

import os
from collections.abc import Sequence

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


def words(name: str, default: list[str]) -> list[str]:
    """A comma-separated list, blanks dropped."""
    listed = [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]
    return listed or default
