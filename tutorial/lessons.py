"""The lessons: which are done, what was answered, and how much is left. Leaving and coming back loses nothing."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from random import Random

from django.db import transaction

from esc.errors import Refusal
from esc.participants.journey import Page, next_page
from esc.participants.models import Sitting
from tutorial.fitting import content_for
from tutorial.loading import Content
from tutorial.minutes import examination_minutes, lesson_minutes, minutes_of_lessons
from tutorial.models import LessonAnswer
from tutorial.shape import Choice, Lesson


@dataclass(frozen=True)
class Place:
    """One lesson in the list: where it stands, and whether this person has done it."""

    slug: str
    lesson: Lesson
    number: int  # from 1
    done: bool
    minutes: int


@dataclass(frozen=True)
class Progress:
    """How far a person is."""

    places: list[Place]
    minutes_of_lessons: int  # left
    minutes_of_practice: int
    minutes_of_examination: int

    @property
    def done(self) -> int:
        return sum(place.done for place in self.places)

    @property
    def total(self) -> int:
        return len(self.places)

    @property
    def next(self) -> Place | None:
        """The first lesson that is not done."""
        return next((place for place in self.places if not place.done), None)

    def place(self, slug: str) -> Place | None:
        return next((place for place in self.places if place.slug == slug), None)

    def after(self, place: Place) -> Place | None:
        """The lesson after this one; after the last one, the first that is not done."""
        return self.places[place.number] if place.number < self.total else self.next


def progress_of(sitting: Sitting, content: Content) -> Progress:
    """Where this person stands in the lessons."""
    left = lessons_left(sitting, content)
    return Progress(
        places=[
            Place(slug, lesson, number, slug not in left, lesson_minutes(lesson, content))
            for number, (slug, lesson) in enumerate(content.lessons.items(), start=1)
        ],
        minutes_of_lessons=minutes_of_lessons(left, content),
        minutes_of_practice=content.shared.practice_minutes,
        minutes_of_examination=examination_minutes(sitting.protocol.training.questions, content),
    )


def lessons_left(sitting: Sitting, content: Content) -> list[str]:
    """The slugs of the lessons whose question this person has not answered, in their order."""
    done = set(sitting.participant.lesson_answers.values_list("lesson", flat=True))
    return [slug for slug in content.lessons if slug not in done]


def options_for(sitting: Sitting, slug: str, lesson: Lesson) -> list[Choice]:
    """The options of a lesson's question in this person's own order, which is the same whenever they come back."""
    options = list(lesson.exercise.options)
    Random(f"{sitting.participant_id}/{slug}").shuffle(options)  # noqa: S311 - the same order again, no secret
    return options


def answer_to(sitting: Sitting, slug: str) -> LessonAnswer | None:
    return sitting.participant.lesson_answers.filter(lesson=slug).first()


@transaction.atomic
def answer_lesson(*, sitting_id: int, slug: str, option: int) -> LessonAnswer:
    """The lesson's question has this answer (an option's place in this person's order, from 0), and the lesson is done.

    The first answer stands. Refuses whoever is not in training (`out_of_order`), and what there is not
    (`no_such_lesson`, `no_such_option`).
    """
    sitting = Sitting.objects.select_for_update(of=("self",)).select_related("participant__study").get(pk=sitting_id)
    if next_page(sitting.facts) is not Page.TRAINING:
        raise Refusal("out_of_order", "The lessons are not your next step. Please go on from the page you are on.")
    content = content_for(sitting.protocol)
    lesson = find_lesson(content, slug)
    options = options_for(sitting, slug, lesson)
    if not 0 <= option < len(options):
        raise Refusal("no_such_option", "Please choose one of the answers.")
    chosen = options[option]
    answer, _ = LessonAnswer.objects.get_or_create(
        participant=sitting.participant,
        lesson=slug,
        defaults={"bank_version": content.version, "answer": chosen.text, "right": chosen.right},
    )
    return answer


def find_lesson(content: Content, slug: str) -> Lesson:
    if (lesson := content.lessons.get(slug)) is None:
        raise Refusal("no_such_lesson", "There is no lesson of this name.", status=HTTPStatus.NOT_FOUND)
    return lesson
