"""Reads `--map "Theirs=Ours"`: which label of a foreign corpus stands for which label of the protocol."""

from __future__ import annotations

from collections.abc import Iterable

from corpus.esconv import Reading
from esc.errors import FileRefusal
from esc.studies.schema import Protocol


def parse_mapping(texts: Iterable[str], protocol: Protocol) -> dict[str, str]:
    """Their label → ours. Raises FileRefusal for a malformed entry, an unknown target or a label mapped twice."""
    known, mapped = Reading.under(protocol), dict[str, str]()
    for text in texts:
        # Split at the last sign: a label of theirs may hold one, none of ours does.
        theirs, separator, ours = (part.strip() for part in text.rpartition("="))
        if not (theirs and separator and ours):
            raise FileRefusal("--map", f'expected "Theirs=Ours", found {text!r}')
        if not known.knows(ours):
            accepted = "; ".join(f"{kind}: {', '.join(labels.names)}" for kind, labels in known.labels.items())
            raise FileRefusal("--map", f"{ours!r} is no label of the protocol. Accepted: {accepted}")
        if theirs.casefold() in (label.casefold() for label in mapped):
            raise FileRefusal("--map", f"{theirs!r} is mapped twice")
        mapped[theirs] = ours
    return mapped
