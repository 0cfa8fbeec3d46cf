"""Reads a corpus file in the release's format: every record of it, or a refusal that names records and keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from corpus.esconv import Reading, Record
from esc.errors import FileRefusal
from esc.studies.schema import Protocol

SHOWN = 10  # different faults; the others are counted

IN_WORDS = {
    "missing": "this key is missing",
    "extra_forbidden": "unknown key",
    "model_type": "expected an object",
    "model_attributes_type": "expected an object",
    "list_type": "expected an array",
    "too_short": "expected at least one utterance",
}


class Fault(NamedTuple):
    record: int
    place: str
    reason: str


def read_file(path: str | Path) -> bytes:
    """What the file holds. Raises FileRefusal for one that cannot be opened."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise FileRefusal(str(path), f"this file cannot be read: {error.strerror or error}") from error


def read_corpus(data: bytes, protocol: Protocol, mapped: Mapping[str, str] | None = None) -> list[Record]:
    """Every record, in the file's order. Raises FileRefusal naming each fault's record (from 0) and key."""
    reading = Reading.under(protocol, mapped)
    records: list[Record] = []
    faults: list[Fault] = []
    for index, item in enumerate(_array(data)):
        try:
            records.append(Record.model_validate(item, context=reading))
        except ValidationError as error:
            faults += _faults(index, error)
    if faults:
        raise FileRefusal("", "\n".join(_lines(faults)))
    return records


def _array(data: bytes) -> list[Any]:
    try:
        found = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise FileRefusal(f"byte {error.start}", "this is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise FileRefusal(f"line {error.lineno}, column {error.colno}", f"this is not JSON: {error.msg}") from error
    except RecursionError as error:
        raise FileRefusal("", "this is not a corpus: its JSON is nested too deeply") from error
    except ValueError as error:
        raise FileRefusal("", f"this is not JSON that can be read: {error}") from error
    if not isinstance(found, list):
        raise FileRefusal("", "expected a JSON array of conversations")
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. Python would keep the last of two equal keys and lose the first in silence."""
    found = dict(pairs)
    if len(found) < len(pairs):
        doubled = next(key for position, (key, _) in enumerate(pairs) if key in dict(pairs[:position]))
        raise FileRefusal("", f"the key {doubled!r} stands twice in one object")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")


def _faults(index: int, error: ValidationError) -> Iterable[Fault]:
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        reason = IN_WORDS.get(fault["type"]) or fault["msg"].removeprefix("Value error, ")
        yield Fault(index, _place(fault["loc"]), reason)


def _place(steps: tuple[int | str, ...]) -> str:
    """`dialog[3].annotation.strategy`; utterances are counted from 0, as records are."""
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return place.removeprefix(".") or "the record"


def _lines(faults: list[Fault]) -> Iterable[str]:
    """One line for each different fault, with the first place where it is and how often it comes again."""
    places: dict[str, list[Fault]] = {}
    for fault in faults:
        kind = fault.reason if fault.reason not in IN_WORDS.values() else f"{fault.place}: {fault.reason}"
        places.setdefault(kind, []).append(fault)
    for first, *more in list(places.values())[:SHOWN]:
        again = f" (and in {len(more)} more places)" if more else ""
        yield f"record {first.record}, {first.place}: {first.reason}{again}"
    if len(places) > SHOWN:
        yield f"… and {len(places) - SHOWN} other faults"
    if any(fault.reason.startswith("unknown ") and "accepted:" in fault.reason for fault in faults):
        yield 'A label of your own can be read as one of ours: --map "Theirs=Ours", once for each.'
    yield "Records and utterances are counted from 0. Nothing was changed."
