"""How long the training takes, counted from its words: what the pages promise is never a guess. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

from tutorial.loading import Content
from tutorial.shape import Lesson

WORD = re.compile(r"\w+(?:['’]\w+)*")


def words(texts: Iterable[str]) -> int:
    return sum(len(WORD.findall(text)) for text in texts)


def texts_of(lesson: Lesson) -> Iterator[str]:
    """Everything that somebody reads in a lesson, one explanation of its question included."""
    yield from (lesson.title, lesson.what, *lesson.helps, *lesson.harms)
    yield lesson.example.about
    for line in lesson.example.talk:
        yield from (line.text, line.why)
    yield from (lesson.poor.seeker, lesson.poor.supporter, lesson.poor.why)
    yield lesson.exercise.ask
    yield from (line.text for line in lesson.exercise.talk)
    yield from (option.text for option in lesson.exercise.options)
    yield next(option.because for option in lesson.exercise.options if option.right)


def lesson_seconds(lesson: Lesson, content: Content) -> float:
    """To read the lesson and to answer its question."""
    return words(texts_of(lesson)) * 60 / content.shared.words_per_minute + content.shared.seconds_per_question


def lesson_minutes(lesson: Lesson, content: Content) -> int:
    """Whole minutes for one lesson, to the nearest: shown in a list, they add up to about what the whole takes."""
    return max(1, round(lesson_seconds(lesson, content) / 60))


def minutes_of_lessons(slugs: Iterable[str], content: Content) -> int:
    """Whole minutes for these lessons; none for no lesson, else at least one."""
    return math.ceil(sum(lesson_seconds(content.lessons[slug], content) for slug in slugs) / 60)


def examination_minutes(questions: int, content: Content) -> int:
    """Whole minutes for so many questions of average length."""
    bank = content.bank.values()
    read = words(text for item in bank for line in item.talk for text in (line.text, line.aim))
    read += words(text for item in bank for text in (item.right or "", *item.wrong))
    each = read / max(1, len(bank)) * 60 / content.shared.words_per_minute + content.shared.seconds_per_question
    return math.ceil(questions * each / 60)


def whole_minutes(content: Content, questions: int) -> int:
    """The whole training, passed at the first attempt."""
    lessons = minutes_of_lessons(content.lessons, content)
    return lessons + content.shared.practice_minutes + examination_minutes(questions, content)
