"""What a person's raw answers come to: checked answers or faults, echoes in words, and the change in words. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from esc.errors import Refusal
from esc.studies.schema import Item, Protocol
from esc.text import check_storable, is_blank

Answers = dict[str, Any]  # item key → stored value: a score as int, everything else as text
Raw = Mapping[str, object]  # field name → what came from outside, of any type

SCORES = {str(score): score for score in range(1, 6)}
LONGEST_DRAFT = 20_000  # code points of one answer: far above any item's limit, so that too long a text is kept as well
NOUNS_ARE_CAPITALISED = {"de", "lb"}  # languages in which an emotion keeps its capital inside a sentence


class Fault(StrEnum):
    """What is wrong with one answer; templates/surveys/_fault.html says it in words."""

    MISSING = "missing"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NOT_OFFERED = "not_offered"
    UNSTORABLE = "unstorable"


@dataclass(frozen=True)
class Checked:
    """The answers that can be stored, and what is wrong with the others: every item is in at most one of them.

    What was left out of an optional item is in neither.
    """

    answers: Answers
    faults: dict[str, Fault]


def check_answers(protocol: Protocol, items: Iterable[Item], raw: Raw) -> Checked:
    """Every item's answer checked against the protocol. Keys that belong to no item are ignored."""
    checked = Checked({}, {})
    for item in items:
        found = CHECKS[item.kind](protocol, item, raw.get(item.key))
        if isinstance(found, Fault):
            checked.faults[item.key] = found
        elif found is not None:
            checked.answers[item.key] = found
        elif item.required:
            checked.faults[item.key] = Fault.MISSING
    return checked


def _choice(protocol: Protocol, item: Item, value: object) -> str | Fault | None:
    """The value of an option that is offered; None where nothing was chosen."""
    if value in (None, ""):
        return None
    return next((option.value for option in options_of(protocol, item) if option.value == value), Fault.NOT_OFFERED)


def _scale(protocol: Protocol, item: Item, value: object) -> int | Fault | None:
    """A whole score, 1 to 5; None where nothing was chosen."""
    if value in (None, ""):
        return None
    return SCORES.get(str(value), Fault.NOT_OFFERED) if isinstance(value, str | int) else Fault.NOT_OFFERED


def _text(protocol: Protocol, item: Item, value: object) -> str | Fault | None:
    """The text as it was typed, white space at its edges included; None where nothing can be read in it."""
    if value is None or not isinstance(value, str):
        return None
    if not is_storable(value):
        return Fault.UNSTORABLE
    if is_blank(value):
        return None
    if len(value) > item.max_length:
        return Fault.TOO_LONG
    return Fault.TOO_SHORT if len(value.strip()) < item.min_length else value


CHECKS: dict[str, Callable[[Protocol, Item, object], str | int | Fault | None]] = {
    "choice": _choice,
    "scale": _scale,
    "text": _text,
}


def options_of(protocol: Protocol, item: Item) -> list[Any]:
    """The options that people may choose from at this item; none where it is no choice."""
    return protocol.offered(item.options) if item.options else []


def is_storable(text: str) -> bool:
    """Whether a database can keep it (no U+0000, no lone surrogate)."""
    try:
        check_storable(text)
    except Refusal:
        return False
    return True


def draft_of(protocol: Protocol, items: Iterable[Item], raw: Raw) -> dict[str, str]:
    """What of it can be kept as a draft, as typed: half a sentence and too long a text are, a foreign value is not."""
    kept = {}
    for item in items:
        value = raw.get(item.key)
        if item.kind == "text":
            if isinstance(value, str) and len(value) <= LONGEST_DRAFT and is_storable(value):
                kept[item.key] = value
        elif isinstance(found := CHECKS[item.kind](protocol, item, value), str | int) and not isinstance(found, Fault):
            kept[item.key] = str(found)
    return kept


def open_answers(items: Iterable[Item], raw: Raw) -> list[str]:
    """What was written in a person's own words, as far as a draft keeps it."""
    texts = (raw.get(item.key) for item in items if item.kind == "text")
    return [text for text in texts if isinstance(text, str) and len(text) <= LONGEST_DRAFT]


def cannot_be_kept(items: Iterable[Item], raw: Raw) -> bool:
    """Whether one of the texts cannot even be kept as a draft."""
    texts = (raw.get(item.key) for item in items if item.kind == "text")
    return any(isinstance(text, str) and (len(text) > LONGEST_DRAFT or not is_storable(text)) for text in texts)


def emotion_in_words(protocol: Protocol, emotion_type: object) -> str:
    """The emotion as it stands in the middle of a sentence; "" where none is known."""
    label = next((option.label for option in protocol.emotions if option.value == emotion_type), "")
    if protocol.study.language.split("-")[0] in NOUNS_ARE_CAPITALISED:
        return label
    return label[:1].lower() + label[1:]


def echo(pattern: str, *, score: int, word: str, emotion: str) -> str:
    """A scale's answer in words, such as "You rated your anxiety 5 of 5: overwhelming."."""
    filled = {"{score}": str(score), "{word}": word, "{emotion}": emotion}
    return re.sub(r"\{(?:score|word|emotion)\}", lambda gap: filled[gap[0]], pattern)


class Direction(StrEnum):
    ROSE = "rose"
    FELL = "fell"
    STAYED = "stayed"


@dataclass(frozen=True)
class Change:
    """How strong the feeling was before the conversation and is now: 1 (hardly there) to 5 (overwhelming)."""

    before: int
    before_word: str
    now: int
    now_word: str

    @property
    def direction(self) -> Direction:
        if self.now == self.before:
            return Direction.STAYED
        return Direction.ROSE if self.now > self.before else Direction.FELL
