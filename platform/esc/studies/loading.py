"""From the text of a protocol file to a Protocol, or to a refusal that names the key and what was expected."""

from __future__ import annotations

import hashlib
import tomllib
from functools import lru_cache
from importlib.resources import files

from pydantic import ValidationError

from esc.errors import FileRefusal
from esc.studies.schema import Protocol

# Where pydantic's own words speak of "fields" and "inputs", which a file does not have.
REASONS = {"missing": "expected this key, found nothing", "extra_forbidden": "no key of this name is known here"}


def default_protocol_text() -> str:
    """The text of `protocols/esconv.toml`: the default protocol, which is the paper."""
    return (files("esc.studies") / "protocols" / "esconv.toml").read_text(encoding="utf-8")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=64)
def parse_protocol(text: str) -> Protocol:
    """The protocol of that text. Raises FileRefusal naming every key at fault and what was expected there."""
    try:
        return Protocol.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise FileRefusal("", f"this is not a TOML file: {error}") from error
    except ValidationError as error:
        raise FileRefusal("", "\n".join(in_words(error))) from error


def in_words(error: ValidationError) -> list[str]:
    """One line a fault: `key.of.the.file: what was expected (found …)`."""
    lines = []
    for fault in error.errors(include_url=False, include_context=False):
        place = ".".join(str(step + 1) if isinstance(step, int) else str(step) for step in fault["loc"]) or "the file"
        reason = REASONS.get(fault["type"], fault["msg"].removeprefix("Value error, "))
        found = fault["input"]
        shown = f" (found {found!r})" if isinstance(found, str | int | float | bool) else ""
        lines.append(f"{place}: {reason}{shown}")
    return lines
