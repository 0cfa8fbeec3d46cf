"""The right answers never reach a browser: everything it is sent is the same whatever the right answers are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.urls import reverse

from esc.studies.models import Study
from tests.people import Person
from tests.tutorial.exam import EXAMINATION, QUESTIONS, RESULT, STRATEGIES, form, shown, trainee
from tutorial.loading import load_content
from tutorial.models import ExamQuestion

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

SECRETS = ("correct", "answer_key", "right_answer", "data-right", "data-answer", "solution", "is_right")


def sent(response: Response) -> str:
    """All that the browser gets: status, headers, cookies and body."""
    return f"{response.status_code}\n{response.headers}\n{response.cookies.output()}\n{response.content.decode()}"


def attempt_of(person: Person, *, turned: bool) -> list[str]:
    """Everything that a browser is sent in an attempt up to its result: the same choices, whatever the key is.

    `turned`: after the draw, each question has another right answer.
    """
    client, seen = person.client, []
    seen.append(sent(client.get(STRATEGIES)))
    seen.append(sent(client.get(EXAMINATION)))
    seen.append(sent(client.post(EXAMINATION, {"begin": "yes"})))
    if turned:
        for question in ExamQuestion.objects.all():
            at = question.options.index(question.right_answer)
            question.right_answer = question.options[(at + 1) % len(question.options)]
            question.save(update_fields=["right_answer"])
    for _ in range(QUESTIONS):
        seen.append(sent(client.get(EXAMINATION)))
        question = shown(person)
        seen.append(sent(client.post(EXAMINATION, {**form(question, 0), "option": "none"})))
        seen.append(sent(client.post(EXAMINATION, form(question, 0))))
        seen.append(sent(client.post(EXAMINATION, form(question, 1))))
    return seen


def without_chance(page: str) -> str:
    """Two attempts are two people's: their sessions, tokens and row numbers differ."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|csrftoken=\w+|expires=[^;]+|sessionid=\w+', "", page)
    return re.sub(r"'Content-Length': '\d+'|name=\"attempt\" value=\"\d+\"", "", page)


@pytest.fixture
def same_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every attempt draws the same questions, with their options in the same order."""
    from random import Random

    monkeypatch.setattr("tutorial.services.random.SystemRandom", lambda: Random(5))


def test_all_that_is_sent_is_the_same_whatever_the_right_answers_are(study: Study, same_draw: None) -> None:
    one = attempt_of(trainee(study), turned=False)
    ExamQuestion.objects.all().delete()
    other = attempt_of(trainee(study), turned=True)
    # The last answer hands in; after it, the result is shown, which says how many were right.
    assert [without_chance(page) for page in one[:-1]] == [without_chance(page) for page in other[:-1]]
    assert len(one) == 3 + 4 * QUESTIONS


def test_no_page_speaks_of_a_key(study: Study) -> None:
    tess = trainee(study)
    for page in [*attempt_of(tess, turned=False), sent(tess.client.get(RESULT))]:
        assert not [secret for secret in SECRETS if secret in page.casefold()]


def test_no_page_tells_what_is_kept_for_the_server(study: Study) -> None:
    """Neither a question's id, nor which lesson it is about, nor the hidden strategy of a message."""
    tess = trainee(study)
    tess.client.post(EXAMINATION, {"begin": "yes"})
    for _ in range(QUESTIONS):
        page = sent(tess.client.get(EXAMINATION))
        question = shown(tess)
        assert question.question not in page
        assert set(question.shown) == {"ask", "talk"}
        talk = question.shown["talk"]
        assert isinstance(talk, list)
        assert all(set(line) == {"role", "text", "aim"} for line in talk)
        tess.client.post(EXAMINATION, form(question, 0))


def test_the_result_names_lessons_and_no_question(study: Study) -> None:
    tess = trainee(study)
    attempt_of(tess, turned=False)
    page = sent(tess.client.get(RESULT))
    for question in ExamQuestion.objects.all():
        assert question.question not in page
        assert len(question.right_answer) < 30 or question.right_answer not in page


def test_a_lessons_explanations_come_after_the_answer(study: Study) -> None:
    tess = trainee(study)
    tess.sitting.participant.lesson_answers.all().delete()
    for slug, lesson in load_content("en").lessons.items():
        page = tess.client.get(reverse("tutorial:lesson", args=["demo", slug])).content.decode()
        assert not [option for option in lesson.exercise.options if option.because[:30] in page]


def test_no_file_that_browsers_can_fetch_holds_a_question() -> None:
    public = [Path(settings.ROOT) / "tutorial" / "static", *map(Path, settings.STATICFILES_DIRS)]
    files = [file for folder in public for file in folder.rglob("*") if file.is_file()]
    assert files
    for file in files:
        text = file.read_bytes().decode(errors="replace")
        assert not [item for item in load_content("en").bank.values() if item.id in text or item.talk[0].text in text]


def test_the_browsers_session_holds_no_answer(study: Study) -> None:
    tess = trainee(study)
    attempt_of(tess, turned=False)
    kept = json.dumps(dict(tess.client.session))
    assert not [question for question in ExamQuestion.objects.all() if question.right_answer in kept]
