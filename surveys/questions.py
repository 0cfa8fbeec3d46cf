"""What a survey's page shows: each question with what was typed, what is wrong with it, and its echo in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from esc.studies.schema import Item
from surveys.answers import SCORES, Answers, Fault, echo, emotion_in_words, options_of
from surveys.questionnaire import Questionnaire


@dataclass(frozen=True)
class Choice:
    """One radio button. `emotion` is how an emotion reads inside a sentence; "" for everything else."""

    value: str
    label: str
    chosen: bool
    emotion: str = ""


@dataclass(frozen=True)
class Question:
    """One question as it is shown. `pattern` is the echo with its gaps, for the page's script; `echo` is filled in."""

    item: Item
    typed: str
    fault: Fault | None
    choices: list[Choice]
    pattern: str = ""
    echo: str = ""

    @property
    def first_field(self) -> str:
        """The id of the field that a link to this question leads to."""
        return f"{self.item.key}-1"

    @property
    def is_about_danger(self) -> bool:
        """Whether a person may write here that they are in danger, and has to know that nobody reads it right away."""
        return self.item.key == "situation"

    @property
    def described_by(self) -> str:
        """The ids of what belongs to this question beside its label."""
        parts = {"help": self.item.help, "length": self.item.min_length, "fault": self.fault}
        return " ".join(f"{self.item.key}-{part}" for part, there in parts.items() if there)


def questions_of(
    questionnaire: Questionnaire, typed: Mapping[str, Any], faults: Mapping[str, Fault] | None = None
) -> list[Question]:
    """The questions of that questionnaire, filled in with what was typed so far."""
    emotion = questionnaire.emotion(dict(typed))
    return [
        _question(questionnaire, item, str(typed.get(item.key, "")), (faults or {}).get(item.key), emotion)
        for item in questionnaire.items
    ]


def echoes_of(questionnaire: Questionnaire, answers: Answers) -> list[str]:
    """The echo of every scale that was answered, in the order of the questions."""
    return [question.echo for question in questions_of(questionnaire, answers) if question.echo]


def _question(questionnaire: Questionnaire, item: Item, typed: str, fault: Fault | None, emotion: str) -> Question:
    if item.kind == "text":
        return Question(item, typed, fault, choices=[])
    if item.kind == "choice":
        return Question(item, typed, fault, _choices(questionnaire, item, typed))
    words = questionnaire.protocol.scales[item.scale or ""].words
    steps = [Choice(str(score), word, chosen=typed == str(score)) for score, word in enumerate(words, start=1)]
    pattern = item.echo or _("You chose {score} of 5: {word}.")
    score = SCORES.get(typed)
    said = echo(pattern, score=score, word=words[score - 1], emotion=emotion or _("feeling")) if score else ""
    # The gap for the emotion stays open where it is still to be chosen on the same page.
    stated = questionnaire.emotion({})
    return Question(item, typed, fault, steps, pattern.replace("{emotion}", stated) if stated else pattern, said)


def _choices(questionnaire: Questionnaire, item: Item, typed: str) -> list[Choice]:
    protocol = questionnaire.protocol
    return [
        Choice(
            option.value,
            option.label,
            chosen=typed == option.value,
            emotion=emotion_in_words(protocol, option.value) if item.options == "emotions" else "",
        )
        for option in options_of(protocol, item)
    ]
