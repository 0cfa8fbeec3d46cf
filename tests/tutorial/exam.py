"""What the tests of the training share: somebody who learns, and their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from esc.ontology import Role
from esc.participants.journey import Page
from esc.studies.models import Study
from tests.people import Person, join
from tutorial.lessons import answer_lesson
from tutorial.loading import load_content
from tutorial.models import ExamAttempt, ExamQuestion
from tutorial.services import answer_question, begin_attempt, show_question

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

STRATEGIES = reverse("tutorial:strategies", args=["demo"])
PRACTICE = reverse("tutorial:practice", args=["demo"])
EXAMINATION = reverse("tutorial:examination", args=["demo"])
RESULT = reverse("tutorial:result", args=["demo"])
QUESTIONS = 13


def lesson_page(slug: str) -> str:
    return reverse("tutorial:lesson", args=["demo", slug])


def newcomer(study: Study) -> Person:
    """A supporter at the beginning of the training."""
    return join(study, Role.SUPPORTER, until=Page.TRAINING)


def trainee(study: Study) -> Person:
    """A supporter who has done all the lessons and stands before the examination."""
    person = newcomer(study)
    learn(person)
    return person


def learn(person: Person) -> None:
    for slug in load_content("en").lessons:
        answer_lesson(sitting_id=person.sitting_id, slug=slug, option=0)


def begin(person: Person) -> ExamAttempt:
    return begin_attempt(sitting_id=person.sitting_id)


def shown(person: Person) -> ExamQuestion:
    """The question that this person sees now."""
    question = show_question(sitting_id=person.sitting_id)
    assert question is not None
    return question


def place(question: ExamQuestion, *, right: bool = True) -> int:
    """Where the right answer stands among the options, or a wrong one."""
    at = question.options.index(question.right_answer)
    return at if right else (at + 1) % len(question.options)


def answer(person: Person, *, right: bool = True) -> ExamAttempt:
    """See the next question and answer it."""
    question = shown(person)
    return answer_question(
        sitting_id=person.sitting_id,
        attempt_id=question.attempt_id,
        number=question.number,
        option=place(question, right=right),
    )


def sit(person: Person, *, wrong: int = 0) -> ExamAttempt:
    """A whole attempt with that many wrong answers, the first ones."""
    attempt = begin(person)
    for number in range(QUESTIONS):
        attempt = answer(person, right=number >= wrong)
    return attempt


def form(question: ExamQuestion, option: int) -> dict[str, str]:
    """What the page posts."""
    return {"attempt": str(question.attempt_id), "number": str(question.number), "option": str(option)}


def post_answer(person: Person, *, right: bool = True) -> Response:
    """See the next question and answer it, through the pages."""
    person.client.get(EXAMINATION)
    question = shown(person)
    return person.client.post(EXAMINATION, form(question, place(question, right=right)))


def sit_through_pages(person: Person, *, wrong: int = 0) -> Response:
    person.client.post(EXAMINATION, {"begin": "yes"})
    for number in range(QUESTIONS):
        response = post_answer(person, right=number >= wrong)
    return response
