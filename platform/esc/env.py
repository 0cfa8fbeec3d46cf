"""Reading the environment: a malformed value stops the start with a sentence, never with a guess."""

from __future__ import annotations

import os

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


def words(name: str, default: list[str]) -> list[str]:
    """A comma-separated list, blanks dropped."""
    listed = [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]
    return listed or default
