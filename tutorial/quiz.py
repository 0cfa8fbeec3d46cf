"""The examination's rules: which questions are asked, in which order, what is right, and what to read again. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from random import Random

from tutorial.shape import Item

ORDERS = 6  # at most so many options of a question about the order of stages
ARROW = " → "


@dataclass(frozen=True)
class Answered:
    """What the advice needs to know of one question: what it was about, and what was answered."""

    lesson: str  # the slug of the lesson that it belongs to
    answer: str
    right: bool


@dataclass(frozen=True)
class Mark:
    """What a person is told about an attempt: nothing about any single question."""

    score: int  # right answers
    passed: bool


def draw(
    lesson_of: Mapping[str, str], core: Collection[str], number: int, seen: Mapping[str, int], rng: Random
) -> list[str]:
    """The ids of so many questions in random order, spread over the lessons as evenly as they can be.

    `lesson_of` maps each question to its lesson. The lessons of `core` (stages and strategies) come first: each of
    them is asked about before any is twice. `seen` says how often this person was shown a question: the least seen
    are taken first.
    """
    by_lesson: dict[str, list[str]] = {}
    for question, lesson in lesson_of.items():
        by_lesson.setdefault(lesson, []).append(question)
    for questions in by_lesson.values():
        rng.shuffle(questions)
        questions.sort(key=lambda question: seen.get(question, 0), reverse=True)  # the least seen are popped first
    drawn: list[str] = []
    while len(drawn) < number and any(by_lesson.values()):
        for lesson in _round(by_lesson, core, rng):
            if len(drawn) < number:
                drawn.append(by_lesson[lesson].pop())
    rng.shuffle(drawn)
    return drawn


def _round(by_lesson: Mapping[str, list[str]], core: Collection[str], rng: Random) -> list[str]:
    """Every lesson that has a question left, once: those of the core first, else in random order."""
    lessons = [lesson for lesson, questions in by_lesson.items() if questions]
    rng.shuffle(lessons)
    return sorted(lessons, key=lambda lesson: lesson not in core)


def options_of(item: Item, strategies: Sequence[str], stages: Sequence[str], rng: Random) -> tuple[list[str], str]:
    """The options of a question in random order, and which of them is right."""
    match item.kind:
        case "strategy":
            options, right = list(strategies), item.answer or ""
        case "stage":
            options, right = list(stages), item.answer or ""
        case "reply":
            options, right = [item.right or "", *item.wrong], item.right or ""
        case _:
            right = ARROW.join(item.stages)
            options = [right, *_other_orders(item.stages, rng)]
    rng.shuffle(options)
    return options, right


def _other_orders(stages: Sequence[str], rng: Random) -> list[str]:
    others = sorted({ARROW.join(order) for order in permutations(stages)} - {ARROW.join(stages)})
    return others if len(others) < ORDERS else rng.sample(others, ORDERS - 1)


def answer_key(items: Iterable[Item]) -> dict[str, str]:
    """The right option of each question by the last message that it shows. For rehearsals, never for a page."""
    return {item.talk[-1].text: options_of(item, [], [], Random(0))[1] for item in items}  # noqa: S311 - no secret


def mark(rights: Iterable[bool], *, pass_mark: int) -> Mark:
    """How many answers were right (one that was not given is not), and whether that reaches the pass mark."""
    score = sum(rights)
    return Mark(score=score, passed=score >= pass_mark)


def to_reread(answers: Iterable[Answered], lesson_about: Mapping[str, str], order: Sequence[str]) -> list[str]:
    """The slugs of the lessons to read again, in the lessons' order.

    Beside the lesson of a question that went wrong it names the lesson about the strategy or stage that was chosen
    instead (`lesson_about`: a name's lesson): the two were confused, and the pair does not say which was right.
    """
    wanted: set[str] = set()
    for answer in answers:
        if not answer.right:
            wanted |= {answer.lesson, lesson_about.get(answer.answer, answer.lesson)}
    return [lesson for lesson in order if lesson in wanted]
