"""What the tests of the gate share: somebody in training, and their answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.urls import reverse

from esc.ontology import Role
from esc.participants.journey import Page
from esc.studies.models import Study
from tests.people import Person, join
from tutorial import bank
from tutorial.models import ExamAttempt
from tutorial.services import start_or_resume_attempt

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

STRATEGIES = reverse("tutorial:strategies", args=["demo"])
EXAMINATION = reverse("tutorial:examination", args=["demo"])
RESULT = reverse("tutorial:result", args=["demo"])


def trainee(study: Study) -> Person:
    """A supporter who stands before the gate."""
    return join(study, Role.SUPPORTER, until=Page.TRAINING)


def begin(person: Person) -> ExamAttempt:
    return start_or_resume_attempt(sitting_id=person.sitting_id)


def answers(attempt: ExamAttempt, *, wrong: int = 0) -> dict[str, str]:
    """Answers to the whole attempt, with that many wrong ones: each wrong one is the next question's right answer."""
    key = bank.the_bank().key
    right = [key[question] for question in attempt.questions]
    given = [right[(n + 1) % len(right)] if n < wrong else right[n] for n in range(len(right))]
    return dict(zip(attempt.questions, given, strict=True))


def form(attempt: ExamAttempt, given: Mapping[str, str]) -> dict[str, str]:
    """What the page posts."""
    return {"attempt": str(attempt.pk), **{f"answer-{question}": answer for question, answer in given.items()}}


def hand_in(person: Person, *, wrong: int = 0) -> Response:
    """Open the examination and hand it in, through the page."""
    person.client.get(EXAMINATION)
    attempt = begin(person)
    return person.client.post(EXAMINATION, form(attempt, answers(attempt, wrong=wrong)))
