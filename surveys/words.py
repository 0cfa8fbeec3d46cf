"""Answers as people read them: each under its question, a score with its word, an option with its label. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from esc.studies.schema import Item, Protocol, SurveyName


def in_words(protocol: Protocol, survey: SurveyName, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(question, answer) in the order of the questions. What only an imported file knows comes last, under its key."""
    items = {item.key: item for item in protocol.surveys.items(survey)}
    asked = [
        (item.question, answer_in_words(protocol, item, answers[key])) for key, item in items.items() if key in answers
    ]
    return asked + [(key, str(value)) for key, value in answers.items() if key not in items]


def answer_in_words(protocol: Protocol, item: Item, value: object) -> str:
    """The stored value, with what people read in its place where that is something else."""
    if item.kind == "scale" and isinstance(value, int) and item.scale and 1 <= value <= 5:
        return f"{value} ({protocol.scale_word(item.scale, value)})"
    if item.kind == "choice" and item.options:
        options = getattr(protocol, item.options)
        label = next((option.label for option in options if option.value == value), str(value))
        return str(value) if label.casefold() == str(value).casefold() else f"{value} ({label})"
    return str(value)
