"""Whether a text speaks of danger to life, by the reviewed lists of the protocol: pure.

It errs on the side of showing where help is. Negation and reported speech lower what researchers are told, and hide
nothing from the person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from esc.safety.reading import Reading, nothing_stands_in, read
from esc.studies.danger import Danger, DangerList


class Level(IntEnum):
    """How grave it sounds. LOW: negated, or said of somebody else in their words."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


LEVELS = {"medium": Level.MEDIUM, "high": Level.HIGH}


@dataclass(frozen=True)
class Found:
    """What was found in a text: never its words, but the ids of phrases, such as `en.want_to_die`."""

    level: Level
    phrases: tuple[str, ...]
    to_partner: bool  # some of it was said to the other person


def screen(text: str, danger: Danger) -> Found | None:
    """What speaks of danger to life in this text; None where nothing does."""
    hits = [hit for listed in danger.lists for hit in _hits(text, listed)]
    if not hits:
        return None
    return Found(
        level=max(level for level, _, _ in hits),
        phrases=tuple(sorted({phrase for _, phrase, _ in hits})),
        to_partner=any(to_partner for _, _, to_partner in hits),
    )


def _hits(text: str, listed: DangerList) -> Iterator[tuple[Level, str, bool]]:
    if nothing_stands_in(text, listed):
        return
    reading = read(text, listed)
    excused: list[tuple[int, int]] | None = None
    for group, phrases in listed.heard_in(reading.text):
        for start, end in phrases.spans(reading.text):
            excused = listed.excuses.spans(reading.text) if excused is None else excused
            if any(first < end and start < last for first, last in excused):
                continue
            low = _is_negated(reading, start, listed) or _is_somebody_elses(reading, start, listed)
            yield Level.LOW if low else LEVELS[group.level], f"{listed.language}.{group.id}", group.to_partner


def _is_negated(reading: Reading, place: int, listed: DangerList) -> bool:
    return listed.lowers.stand_before(reading.text, place)


def _is_somebody_elses(reading: Reading, place: int, listed: DangerList) -> bool:
    """In quotation marks, after words of the same sentence that say who speaks, and that it is not oneself."""
    for first, last in reading.quoted:
        if first <= place < last:
            speaker = reading.said_before(first)
            return bool(speaker) and not listed.oneself.spans(speaker)
    return False
