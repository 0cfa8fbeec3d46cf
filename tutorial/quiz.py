"""The examination's rules: which questions are asked, which answers are complete, and what they score. Pure.

A `key` maps the id of every question to the strategy that is its right answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from esc.errors import Refusal


@dataclass(frozen=True)
class Mark:
    """What a person is told about an attempt: nothing about any single question."""

    score: int  # right answers
    passed: bool


def draw(key: Mapping[str, str], rng: Random) -> list[str]:
    """The ids of one question for each strategy, in random order."""
    by_strategy: dict[str, list[str]] = defaultdict(list)
    for question, strategy in key.items():
        by_strategy[strategy].append(question)
    drawn = [rng.choice(questions) for questions in by_strategy.values()]
    rng.shuffle(drawn)
    return drawn


def unanswered(asked: Sequence[str], answers: Mapping[str, str]) -> list[str]:
    """The ids of the questions without an answer, in the order asked."""
    return [question for question in asked if not answers.get(question)]


def check_answers(asked: Sequence[str], options: Collection[str], answers: Mapping[str, str]) -> None:
    """Every question asked has one of the options, and nothing else has an answer. Refuses anything less or more."""
    if answers.keys() - set(asked):
        raise Refusal(
            "not_asked", "One of these answers belongs to no question of this attempt. Nothing was handed in."
        )
    if any(answer not in options for answer in answers.values() if answer):
        raise Refusal("no_such_strategy", "Please choose one of the listed strategies for every question.")
    if missing := len(unanswered(asked, answers)):
        raise Refusal(
            "unanswered",
            "One question has no answer yet. Please choose a strategy for it, then hand in."
            if missing == 1
            else f"{missing} questions have no answer yet. Please choose a strategy for each, then hand in.",
        )


def mark(key: Mapping[str, str], asked: Sequence[str], answers: Mapping[str, str], *, pass_mark: int) -> Mark:
    """How many of the questions asked were answered as in the key, and whether that reaches the pass mark."""
    score = sum(answers.get(question) == key[question] for question in asked)
    return Mark(score=score, passed=score >= pass_mark)
