from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from esc.ontology import Role, Stage, Strategy
from esc.participants import services as participants
from esc.participants.journey import Page, next_page
from esc.studies.models import Study
from tests.people import Person
from tests.tutorial.exam import EXAMINATION, RESULT, STRATEGIES, answers, begin, form, hand_in, trainee
from tutorial import bank
from tutorial.models import ExamAttempt

DOORS = [STRATEGIES, EXAMINATION, RESULT]
HERE = reverse("participants:here", args=["demo"])


@pytest.fixture
def tess(study: Study) -> Person:
    """A supporter in training."""
    return trainee(study)


def page(person: Person, url: str) -> str:
    response = person.client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def fieldsets(html: str) -> list[str]:
    return re.findall(r"<fieldset.*?</fieldset>", html, re.DOTALL)


def checked(html: str) -> dict[str, str]:
    """What is chosen on the page: a strategy for a field's name."""
    inputs = re.findall(r'<input type="radio"\s+name="([^"]+)"\s+value="([^"]+)"\s+required\s+(checked)?\s*>', html)
    assert len(inputs) == 64
    return {name: value for name, value, is_checked in inputs if is_checked}


def test_the_training_page_of_the_journey_is_the_strategies(tess: Person) -> None:
    assert tess.client.get(HERE).headers["Location"] == STRATEGIES


def test_one_page_holds_all_strategies_and_stages(tess: Person) -> None:
    html = page(tess, STRATEGIES)
    protocol = tess.sitting.protocol
    for strategy in protocol.strategies:
        for words in (strategy.name, strategy.definition, strategy.example, ", ".join(strategy.stages)):
            assert escape(words) in html
    for stage in protocol.stages:
        assert f"<strong>{stage.name}.</strong> {stage.definition}" in html
    assert len(protocol.stages) == len(Stage)
    assert len(protocol.strategies) == len(Strategy)
    assert "This order is a guide, not a rule" in html


def test_the_strategies_page_says_what_is_ahead_and_what_it_pays(tess: Person) -> None:
    html = page(tess, STRATEGIES)
    assert "about 10 minutes, paid at 0.20\N{NO-BREAK SPACE}USD a minute" in html
    assert "8 questions. 7 right answers are enough" in html
    assert "You have 3 attempts." in html


def test_reading_the_strategies_begins_no_attempt(tess: Person) -> None:
    page(tess, STRATEGIES)
    assert not ExamAttempt.objects.exists()


def test_every_question_is_a_fieldset_with_a_radio_for_each_strategy(tess: Person) -> None:
    html = page(tess, EXAMINATION)
    asked = fieldsets(html)
    assert len(asked) == 8
    for fieldset in asked:
        assert re.findall(r'value="([^"]+)"', fieldset) == list(Strategy)
        assert fieldset.count("<legend>") == 1
    assert checked(html) == {}


def test_the_definitions_are_at_hand_in_the_examination(tess: Person) -> None:
    details = re.search(r"<details>.*</details>", page(tess, EXAMINATION), re.DOTALL)
    assert details
    assert all(escape(strategy.definition) in details[0] for strategy in tess.sitting.protocol.strategies)


def test_leaving_and_coming_back_shows_the_same_examination(tess: Person) -> None:
    first = fieldsets(page(tess, EXAMINATION))
    assert "Go on with the examination" in page(tess, STRATEGIES)
    assert fieldsets(page(tess, EXAMINATION)) == first


def test_passing_leads_to_the_result_and_on_to_the_lobby(tess: Person) -> None:
    assert hand_in(tess, wrong=1).headers["Location"] == RESULT
    html = page(tess, RESULT)
    assert "You passed" in html
    assert "7 of 8 answers were right" in html
    assert f'href="{HERE}"' in html
    assert tess.client.get(HERE).headers["Location"] == reverse("chat:lobby", args=["demo"])


def test_failing_says_how_many_but_not_which_and_offers_the_strategies_again(tess: Person) -> None:
    assert hand_in(tess, wrong=3).headers["Location"] == RESULT
    html = page(tess, RESULT)
    assert "5 of 8 answers were right" in html
    assert "You have 2 attempts left." in html
    assert f'href="{STRATEGIES}"' in html
    assert "You have 2 attempts left." in page(tess, STRATEGIES)
    assert checked(page(tess, EXAMINATION)) == {}  # a new attempt begins empty


def test_the_last_failed_attempt_leads_to_the_last_page(tess: Person) -> None:
    for _ in range(3):
        hand_in(tess, wrong=8)
    html = page(tess, RESULT)
    assert "This was your last attempt" in html
    assert f'href="{HERE}"' in html
    assert tess.client.get(HERE).headers["Location"] == reverse("participants:finish", args=["demo"])
    assert tess.client.get(EXAMINATION).headers["Location"] == reverse("participants:finish", args=["demo"])


def test_an_unanswered_question_is_named_and_keeps_what_was_chosen(tess: Person) -> None:
    page(tess, EXAMINATION)
    attempt = begin(tess)
    given = answers(attempt, wrong=2)
    gone = attempt.questions[4]
    del given[gone]
    response = tess.client.post(EXAMINATION, form(attempt, given))
    html = response.content.decode()
    assert response.status_code == 409
    assert "One question has no answer yet." in html
    assert f'href="#answer-{gone}"' in html
    assert html.count("Please choose one strategy.") == 1
    assert checked(html) == {f"answer-{question}": answer for question, answer in given.items()}
    assert tess.client.post(EXAMINATION, form(attempt, answers(attempt))).headers["Location"] == RESULT


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("answer-{0}", "Advice", "one of the listed strategies"),
        ("answer-{0}", "\x00", "one of the listed strategies"),
        ("answer-somewhere-else", "Question", "belongs to no question"),
        ("attempt", "999999", "not one of yours"),
        ("attempt", "", "not one of yours"),
        ("attempt", "1" * 5000, "not one of yours"),
        ("attempt", "²", "not one of yours"),
    ],
)
def test_a_wrong_form_is_refused_and_keeps_the_good_answers(tess: Person, name: str, value: str, said: str) -> None:
    page(tess, EXAMINATION)
    attempt = begin(tess)
    good = {f"answer-{question}": answer for question, answer in answers(attempt).items()}
    changed = {name.format(attempt.questions[0]): value}
    response = tess.client.post(EXAMINATION, {"attempt": attempt.pk, **good, **changed})
    html = response.content.decode()
    assert response.status_code in {403, 409}
    assert said in html
    assert checked(html) == {field: answer for field, answer in good.items() if field not in changed}
    attempt.refresh_from_db()
    assert attempt.submitted_at is None


def test_handing_in_twice_shows_the_first_result(tess: Person) -> None:
    page(tess, EXAMINATION)
    attempt = begin(tess)
    tess.client.post(EXAMINATION, form(attempt, answers(attempt, wrong=4)))
    again = tess.client.post(EXAMINATION, form(attempt, answers(attempt)))
    html = again.content.decode()
    assert again.status_code == 409
    assert "This attempt has been handed in already" in html
    assert "4 of 8 answers were right" in html
    assert ExamAttempt.objects.count() == 1


@pytest.mark.parametrize("url", DOORS)
def test_a_browser_without_a_sitting_is_refused(study: Study, url: str) -> None:
    assert Client().get(url).status_code == 403
    assert Client().post(EXAMINATION).status_code == 403


@pytest.mark.parametrize("url", DOORS)
def test_a_seeker_is_sent_to_their_own_page(mallory: Person, url: str) -> None:
    assert mallory.client.get(url).headers["Location"] == reverse("chat:lobby", args=["demo"])


def test_a_seeker_cannot_hand_in_a_supporters_attempt(tess: Person, mallory: Person) -> None:
    attempt = begin(tess)
    response = mallory.client.post(EXAMINATION, form(attempt, answers(attempt)))
    assert response.headers["Location"] == reverse("chat:lobby", args=["demo"])
    attempt.refresh_from_db()
    assert attempt.submitted_at is None


def test_another_supporter_cannot_hand_it_in_either(study: Study, tess: Person) -> None:
    attempt = begin(tess)
    mallory = trainee(study)
    assert mallory.client.post(EXAMINATION, form(attempt, answers(attempt))).status_code == 403
    attempt.refresh_from_db()
    assert attempt.submitted_at is None


def test_there_is_no_result_before_an_attempt(tess: Person) -> None:
    assert tess.client.get(RESULT).headers["Location"] == STRATEGIES


def test_a_form_without_its_token_is_refused(tess: Person) -> None:
    attempt = begin(tess)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = tess.client.cookies
    assert strict.post(EXAMINATION, form(attempt, answers(attempt))).status_code == 403
    attempt.refresh_from_db()
    assert attempt.submitted_at is None


@pytest.mark.parametrize("url", [STRATEGIES, EXAMINATION])
def test_whoever_failed_in_an_earlier_sitting_goes_on_to_the_end(study: Study, tess: Person, url: str) -> None:
    for _ in range(3):
        hand_in(tess, wrong=8)
    link = study.links.create(label="again", role=Role.SUPPORTER)
    again = participants.arrive(link=link, person="", submission="new", known=tess.sitting.participant_id)
    assert next_page(again.facts) is Page.TRAINING
    assert tess.client.get(url).headers["Location"] == reverse("participants:finish", args=["demo"])
    tess.sitting_id = again.pk
    assert tess.page is Page.FINISH


@pytest.mark.parametrize("url", [STRATEGIES, EXAMINATION])
def test_an_examination_that_does_not_fit_any_more_tells_the_trainee_whom_to_ask(
    tess: Person, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    known = bank.the_bank()
    fewer = known.model_copy(update={"questions": known.questions[1:]})
    monkeypatch.setattr(bank, "the_bank", lambda: fewer)
    response = tess.client.get(url)
    assert response.status_code == 500
    assert "This is not your fault" in response.content.decode()
    assert "no question for these strategies of the study: Question" in response.content.decode()
    assert not ExamAttempt.objects.exists()


def test_a_new_version_of_the_questions_shows_them_and_keeps_what_still_fits(
    tess: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    page(tess, EXAMINATION)
    attempt = begin(tess)
    newer = bank.the_bank().model_copy(update={"version": "newer"})
    monkeypatch.setattr(bank, "the_bank", lambda: newer)
    given = answers(attempt)
    html = tess.client.post(EXAMINATION, form(attempt, given)).content.decode()
    assert "The questions have changed" in html
    assert checked(html) == {f"answer-{question}": answer for question, answer in given.items()}
