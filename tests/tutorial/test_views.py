from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from esc.errors import FileRefusal
from esc.ontology import Role
from esc.participants import services as participants
from esc.participants.journey import Page, next_page
from esc.studies.models import Study
from tests.people import Person
from tests.tutorial.exam import (
    EXAMINATION,
    PRACTICE,
    QUESTIONS,
    RESULT,
    STRATEGIES,
    begin,
    form,
    lesson_page,
    newcomer,
    place,
    post_answer,
    shown,
    sit,
    sit_through_pages,
    trainee,
)
from tutorial.lessons import options_for
from tutorial.loading import load_content
from tutorial.models import ExamAttempt, ExamQuestion, LessonAnswer

LESSON = lesson_page("question")
DOORS = [STRATEGIES, LESSON, PRACTICE, EXAMINATION, RESULT]
HERE = reverse("participants:here", args=["demo"])
Later = Callable[[int], None]


def page(person: Person, url: str, status: int = 200) -> str:
    response = person.client.get(url)
    assert response.status_code == status
    return html.unescape(response.content.decode())


# --- Lessons ----------------------------------------------------------------------------------------------------------


def test_the_training_page_of_the_journey_lists_the_lessons(study: Study) -> None:
    nell = newcomer(study)
    assert nell.client.get(HERE).headers["Location"] == STRATEGIES
    text = page(nell, STRATEGIES)
    assert "0 of 13 lessons done" in text
    assert all(lesson.title in text for lesson in load_content("en").lessons.values())
    assert re.search(r"About \d\d minutes of lessons left", text)
    assert "13 questions" in text
    assert "You have 3 attempts." in text


def test_what_learning_pays_and_for_how_long_stands_on_its_pages(study: Study) -> None:
    """The pay ends with the announced minutes, and nobody should find that out afterwards."""
    text = " ".join(page(newcomer(study), STRATEGIES).split())
    assert "Learning pays 0.20 USD a minute, for up to 45 minutes, and for more if you take" in text


def test_a_lesson_says_everything_it_has_to(study: Study) -> None:
    nell = newcomer(study)
    protocol = nell.sitting.protocol
    definitions = {strategy.name: strategy.definition for strategy in protocol.strategies}
    for slug, lesson in load_content("en").lessons.items():
        text = page(nell, lesson_page(slug))
        for words in (lesson.title, lesson.what, *lesson.helps, *lesson.harms, lesson.poor.supporter, lesson.poor.why):
            assert words in text
        for line in lesson.example.talk:
            assert line.text in text
            assert line.why in text
        assert definitions.get(lesson.topic, "") in text
        assert "Your turn" in text


def test_the_answer_is_explained_at_once_and_the_first_one_stands(study: Study) -> None:
    nell = newcomer(study)
    lesson = load_content("en").lessons["question"]
    options = options_for(nell.sitting, "question", lesson)
    wrong = next(number for number, option in enumerate(options) if not option.right)
    assert nell.client.post(LESSON, {"option": str(wrong)}).headers["Location"] == f"{LESSON}#question"
    text = page(nell, LESSON)
    assert "Not quite" in text
    assert all(option.because in text for option in options)
    assert "Next lesson: Restatement or Paraphrasing" in text
    right = next(number for number, option in enumerate(options) if option.right)
    nell.client.post(LESSON, {"option": str(right)})
    stored = LessonAnswer.objects.get()
    assert (stored.right, stored.answer) == (False, options[wrong].text)


def test_lessons_can_be_left_and_resumed(study: Study) -> None:
    nell = newcomer(study)
    for slug in ("exploration", "comforting"):
        nell.client.post(lesson_page(slug), {"option": "0"})
    text = page(nell, STRATEGIES)
    assert "2 of 13 lessons done" in text
    assert "Go on with “Action”" in text


@pytest.mark.parametrize("option", ["", "3", "-1", "x", "²", "9" * 30])
def test_a_lesson_needs_one_of_its_answers(study: Study, option: str) -> None:
    nell = newcomer(study)
    response = nell.client.post(LESSON, {"option": option})
    assert response.status_code == 409
    assert "Please choose one of the answers." in response.content.decode()
    assert not LessonAnswer.objects.exists()


def test_there_is_no_lesson_of_another_name(study: Study) -> None:
    assert newcomer(study).client.get(lesson_page("magic")).status_code == 404


# --- The examination --------------------------------------------------------------------------------------------------


def test_the_examination_waits_for_the_lessons(study: Study) -> None:
    nell = newcomer(study)
    assert "opens once all the lessons are done" in page(nell, EXAMINATION)
    response = nell.client.post(EXAMINATION, {"begin": "yes"})
    assert response.status_code == 409
    assert "Please finish all the lessons" in response.content.decode()
    assert not ExamAttempt.objects.exists()


def test_looking_at_the_start_begins_nothing(tess: Person) -> None:
    assert "Begin the examination" in page(tess, EXAMINATION)
    assert not ExamAttempt.objects.exists()


def test_a_question_is_one_fieldset_with_its_options_in_their_stored_order(tess: Person) -> None:
    tess.client.post(EXAMINATION, {"begin": "yes"})
    for number in range(1, QUESTIONS + 1):
        text = page(tess, EXAMINATION)
        question = shown(tess)
        assert f"Question {number} of 13" in text
        assert text.count("<fieldset") == 1
        offered = re.findall(r"<span>(.*?)</span>\s*</label>", text)
        assert offered == question.options
        assert str(question.shown["ask"]) in text
        tess.client.post(EXAMINATION, form(question, 0))


def test_leaving_and_coming_back_shows_the_same_question(tess: Person) -> None:
    tess.client.post(EXAMINATION, {"begin": "yes"})
    tess.client.post(EXAMINATION, form(shown(tess), 0))
    first = re.search(r"<fieldset.*</fieldset>", page(tess, EXAMINATION), re.DOTALL)
    assert "Go on with the examination" in page(tess, STRATEGIES)
    again = re.search(r"<fieldset.*</fieldset>", page(tess, EXAMINATION), re.DOTALL)
    assert first
    assert again
    assert first[0] == again[0]


def test_passing_leads_to_the_result_and_on_to_the_lobby(tess: Person) -> None:
    assert sit_through_pages(tess, wrong=1).headers["Location"] == RESULT
    text = page(tess, RESULT)
    assert "You passed" in text
    assert "12 of 13 answers were right" in text
    assert tess.client.get(HERE).headers["Location"] == reverse("chat:lobby", args=["demo"])


def test_failing_names_lessons_to_reread_and_how_long_to_wait(tess: Person) -> None:
    sit_through_pages(tess, wrong=3)
    text = page(tess, RESULT)
    assert "10 of 13 answers were right" in text
    assert "You have 2 attempts left." in text
    assert "opens in 2 minutes" in text  # the cool-down, and not a minute more for having been rounded up twice
    assert "opens in 2 minutes" in page(tess, STRATEGIES)
    content = load_content("en")
    wrong = {question.lesson for question in ExamQuestion.objects.filter(right=False)}
    assert all(f'href="{lesson_page(slug)}"' in text for slug in wrong)
    assert all(content.lessons[slug].title in text for slug in wrong)
    assert "Begin the examination" not in page(tess, EXAMINATION)


def test_the_last_failed_attempt_leads_to_the_last_page(tess: Person, later: Later) -> None:
    for _ in range(3):
        sit(tess, wrong=13)
        later(120)
    assert "This was your last attempt" in page(tess, RESULT)
    assert tess.client.get(HERE).headers["Location"] == reverse("participants:finish", args=["demo"])
    assert tess.client.get(EXAMINATION).headers["Location"] == reverse("participants:finish", args=["demo"])


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("option", "", "choose one of the answers"),
        ("option", "99", "choose one of the answers"),
        ("number", "2", "has not been asked yet"),
        ("number", "x", "has not been asked yet"),
        ("attempt", "999999", "not one of yours"),
        ("attempt", "1" * 5000, "not one of yours"),
        ("attempt", "²", "not one of yours"),
    ],
)
def test_a_wrong_form_is_refused_and_shows_the_question_again(tess: Person, field: str, value: str, said: str) -> None:
    tess.client.post(EXAMINATION, {"begin": "yes"})
    page(tess, EXAMINATION)
    response = tess.client.post(EXAMINATION, {**form(shown(tess), 0), field: value})
    assert response.status_code in {403, 409}
    text = response.content.decode()
    assert said in text
    assert "Question 1 of 13" in text
    assert not ExamQuestion.objects.exclude(answered_at=None).exists()


def test_a_second_tab_that_answers_the_same_question_is_told_so(tess: Person) -> None:
    tess.client.post(EXAMINATION, {"begin": "yes"})
    question = shown(tess)
    tess.client.post(EXAMINATION, form(question, 0))
    again = tess.client.post(EXAMINATION, form(question, 1))
    assert again.status_code == 409
    assert "Your first answer stands" in again.content.decode()
    assert "Question 2 of 13" in again.content.decode()


def test_answering_after_the_end_shows_the_result(tess: Person) -> None:
    sit_through_pages(tess, wrong=4)
    last = ExamQuestion.objects.order_by("number")[12]
    again = tess.client.post(EXAMINATION, form(last, place(last)))
    assert again.status_code == 409
    assert "has been handed in already" in again.content.decode()
    assert "9 of 13 answers were right" in again.content.decode()


def test_an_answer_after_the_time_is_refused_and_the_result_says_why(tess: Person, later: Later) -> None:
    tess.client.post(EXAMINATION, {"begin": "yes"})
    question = shown(tess)
    later(3600)
    late = tess.client.post(EXAMINATION, form(question, place(question)))
    assert late.status_code == 409
    assert "The time for this attempt is over" in late.content.decode()
    assert "0 of 13 answers were right" in late.content.decode()


def test_coming_back_after_the_time_shows_the_result(tess: Person, later: Later) -> None:
    tess.client.post(EXAMINATION, {"begin": "yes"})
    post_answer(tess)
    later(3600)
    assert tess.client.get(EXAMINATION).headers["Location"] == RESULT
    assert "The time for this attempt was over" in page(tess, RESULT)


# --- Who may not ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", DOORS)
def test_a_browser_without_a_sitting_is_refused(study: Study, url: str) -> None:
    assert Client().get(url).status_code == 403
    if url != RESULT:
        assert Client().post(url).status_code in {403, 405}


@pytest.mark.parametrize("url", DOORS)
def test_a_seeker_is_sent_to_their_own_page(mallory: Person, url: str) -> None:
    assert mallory.client.get(url).headers["Location"] == reverse("chat:lobby", args=["demo"])


def test_nobody_answers_somebody_elses_question(study: Study, tess: Person, mallory: Person) -> None:
    begin(tess)
    question = shown(tess)
    assert mallory.client.post(EXAMINATION, form(question, 0)).status_code == 302
    another = trainee(study)
    assert another.client.post(EXAMINATION, form(question, 0)).status_code == 403
    question.refresh_from_db()
    assert question.answered_at is None


def test_there_is_no_result_before_an_attempt(tess: Person) -> None:
    assert tess.client.get(RESULT).headers["Location"] == STRATEGIES


def test_a_form_without_its_token_is_refused(tess: Person) -> None:
    begin(tess)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = tess.client.cookies
    assert strict.post(EXAMINATION, form(shown(tess), 0)).status_code == 403
    assert strict.post(LESSON, {"option": "0"}).status_code == 403


@pytest.mark.parametrize("url", [STRATEGIES, LESSON, EXAMINATION])
def test_whoever_failed_in_an_earlier_sitting_goes_on_to_the_end(
    study: Study, tess: Person, later: Later, url: str
) -> None:
    for _ in range(3):
        sit(tess, wrong=13)
        later(120)
    link = study.links.create(label="again", role=Role.SUPPORTER)
    again = participants.arrive(link=link, person="", submission="new", known=tess.sitting.participant_id)
    assert next_page(again.facts) is Page.TRAINING
    assert tess.client.get(url).headers["Location"] == reverse("participants:finish", args=["demo"])


@pytest.mark.parametrize("url", [STRATEGIES, LESSON, EXAMINATION])
def test_content_that_does_not_fit_any_more_tells_the_trainee_whom_to_ask(
    tess: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    def broken(name: str) -> None:
        raise FileRefusal("04-question.toml", "this is not a TOML file")

    monkeypatch.setattr("tutorial.fitting.load_content", broken)
    response = tess.client.get(url)
    assert response.status_code == 500
    assert "This is not your fault" in response.content.decode()
    assert "04-question.toml: this is not a TOML file" in caplog.text
