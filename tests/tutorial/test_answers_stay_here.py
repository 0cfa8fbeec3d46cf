"""The right answers never reach a browser: everything it is sent is the same whatever the right answers are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from esc.studies.models import Study
from tests.people import Person
from tests.tutorial.exam import EXAMINATION, RESULT, STRATEGIES, answers, begin, form, trainee
from tutorial import bank, quiz

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

SECRETS = ("correct", "answer_key", "answer-key", "data-right", "data-answer", "data-strategy", "solution")
CHANGES_EVERY_TIME = r"""name="csrfmiddlewaretoken" value="[^"]+"|csrftoken=\w+|expires=[^;]+|'Content-Length': '\d+'"""


def turned() -> bank.Bank:
    """The same questions, each with the right answer of the next one."""
    real = bank.the_bank()
    after = [*real.questions[1:], real.questions[0]]
    questions = [
        question.model_copy(update={"strategy": other.strategy})
        for question, other in zip(real.questions, after, strict=True)
    ]
    return real.model_copy(update={"questions": questions})


def sent(response: Response) -> str:
    """All that the browser gets: status, headers, cookies and body, without what is random (and the body's length)."""
    whole = f"{response.status_code}\n{response.headers}\n{response.cookies.output()}\n{response.content.decode()}"
    return re.sub(CHANGES_EVERY_TIME, "", whole)


def attempt_with(person: Person, *, wrong: int) -> list[str]:
    """Everything that a browser is sent in one whole attempt, a refused hand-in included."""
    client, seen = person.client, []

    def see(response: Response) -> None:
        seen.append(sent(response))

    see(client.get(STRATEGIES))
    see(client.get(EXAMINATION))
    attempt = begin(person)
    # Half of the answers first, the same under every key: what a refusal says must not depend on their being right.
    half = dict.fromkeys(attempt.questions[:4], "Question")
    see(client.post(EXAMINATION, form(attempt, half)))
    see(client.post(EXAMINATION, form(attempt, answers(attempt, wrong=wrong))))
    see(client.get(RESULT))
    see(client.post(EXAMINATION, form(attempt, answers(attempt))))
    return seen


def whole_way(study: Study, scores: list[int]) -> list[str]:
    """All that is sent to somebody who gets those numbers of answers wrong, one attempt after the other."""
    person = trainee(study)
    seen = [page for wrong in scores for page in attempt_with(person, wrong=wrong)]
    person.sitting.participant.exam_attempts.all().delete()
    return seen


@pytest.fixture
def same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions in the order of their ids: only the right answers differ between two ways."""
    monkeypatch.setattr(quiz, "draw", lambda key, rng: sorted(key))


@pytest.mark.parametrize("scores", [[0], [1], [3, 2, 8], [8, 0]], ids=str)
def test_what_is_sent_is_the_same_whatever_the_right_answers_are(
    study: Study, same_order: None, monkeypatch: pytest.MonkeyPatch, scores: list[int]
) -> None:
    one = [without_ids(page) for page in whole_way(study, scores)]
    other_key = turned()
    monkeypatch.setattr(bank, "the_bank", lambda: other_key)
    other = [without_ids(page) for page in whole_way(study, scores)]
    assert one == other


def without_ids(page: str) -> str:
    """The two ways are two people's: their attempts and sessions have other numbers."""
    return re.sub(r'(data-attempt|name="attempt" value)="\d+"|sessionid=\w+', "", page)


@pytest.mark.parametrize("scores", [[0], [3, 2, 8]], ids=str)
def test_no_page_marks_a_question_or_speaks_of_a_key(study: Study, scores: list[int]) -> None:
    for page in whole_way(study, scores):
        assert not [secret for secret in SECRETS if secret in page.casefold()]


def test_every_question_offers_the_same_options_in_the_same_order(study: Study) -> None:
    html = trainee(study).client.get(EXAMINATION).content.decode()
    offered = re.findall(r'<div class="options">(.*?)</div>', html, re.DOTALL)
    assert len(offered) == 8
    assert len({re.sub(r'name="[^"]+"', "", options) for options in offered}) == 1


def test_no_file_that_browsers_can_fetch_holds_a_question() -> None:
    public = [Path(settings.ROOT) / "tutorial" / "static", *map(Path, settings.STATICFILES_DIRS)]
    files = [file for folder in public for file in folder.rglob("*") if file.is_file()]
    assert files
    for file in files:
        text = file.read_bytes().decode(errors="replace")
        assert not [question for question in bank.the_bank().questions if question.id in text or question.reply in text]


def test_the_browsers_session_holds_no_answer(study: Study) -> None:
    person = trainee(study)
    attempt_with(person, wrong=3)
    kept = json.dumps(dict(person.client.session))
    assert not [strategy for strategy in bank.the_bank().key.values() if strategy in kept]
