from __future__ import annotations

import html
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chat.models import Feedback
from esc.ontology import Role
from esc.participants.journey import Page
from esc.studies.loading import default_protocol_text
from esc.studies.models import Study
from esc.studies.services import create_study, open_study
from surveys.models import SurveyResponse
from surveys.questionnaire import RATING
from surveys.services import submit_survey
from surveys.views import SEAT
from tests.people import Person, join
from tests.surveys.chats import (
    BEFORE,
    SEEKER_AFTER,
    SUPPORTER_AFTER,
    answered_before,
    chatted,
    new_seeker,
    seat_of,
)

BEFORE_URL = "/study/demo/survey/before/"
AFTER_URL = "/study/demo/survey/after/"
CONFIRM_URL = "/study/demo/survey/after/confirm/"


@pytest.fixture
def seeker(study: Study) -> Person:
    """A seeker before the survey before."""
    return new_seeker(study)


@pytest.fixture
def done(study: Study, pat: Person) -> Person:
    """A seeker whose anxiety was 4 before, and whose conversation with Pat is over."""
    person = answered_before(study)
    chatted(study, person, pat)
    return person


def page_of(person: Person, url: str) -> str:
    response = person.client.get(url)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def words_of(page: str) -> str:
    """The page with all white space made one."""
    return " ".join(page.split())


def hand_in(person: Person, url: str, answers: dict[str, str], **more: str) -> Any:
    return person.client.post(url, {**answers, SEAT: seat_of(person).pk, **more})


def keep(person: Person, survey: str, answers: dict[str, Any], **headers: str) -> Any:
    return person.client.post(
        f"/study/demo/survey/{survey}/draft/",
        json.dumps({"seat": seat_of(person).pk, "answers": answers}),
        content_type="application/json",
        headers={"accept": "application/json", **headers},
    )


def stored(person: Person, survey: str) -> SurveyResponse:
    return SurveyResponse.objects.get(seat=seat_of(person), survey=survey)


# --- The way through, by forms alone


def test_a_seeker_answers_and_goes_on_to_the_lobby(seeker: Person) -> None:
    page = page_of(seeker, BEFORE_URL)
    for words in ("What would you like to talk about?", "Pressure at school or university", "overwhelming"):
        assert words in page
    assert "Sleeping badly" not in page  # switched off
    response = hand_in(seeker, BEFORE_URL, BEFORE)
    assert response["Location"] == reverse("chat:lobby", args=["demo"])
    assert seeker.page is Page.LOBBY


def test_what_was_typed_is_stored_with_its_own_line_ends_and_edges(seeker: Person) -> None:
    hand_in(seeker, BEFORE_URL, {**BEFORE, "situation": "\r\n  They cut my hours.\r\n\r\nTwice. \r\n"})
    assert stored(seeker, "seeker_before").answers["situation"] == "\n  They cut my hours.\n\nTwice. \n"


def test_a_seeker_sees_the_change_in_words_and_confirms_it(done: Person) -> None:
    assert hand_in(done, AFTER_URL, SEEKER_AFTER)["Location"] == CONFIRM_URL
    page = words_of(page_of(done, CONFIRM_URL))
    for words in (
        "Your anxiety",
        "Before: 4 (strong).",
        "Now: 2 (mild).",
        "That means it <strong>fell</strong>.",
        "Is that right?",
        "You rated your anxiety 2 of 5: mild.",
        "You said your partner understood you well: 4 of 5.",
    ):
        assert words in page
    assert done.client.post(CONFIRM_URL, {"score": "2", SEAT: seat_of(done).pk})["Location"] == "/study/demo/another/"
    assert stored(done, "seeker_after").answers["final_emotion_intensity"] == 2


@pytest.mark.parametrize(("now", "words"), [("5", "rose"), ("4", "stayed"), ("1", "fell")])
def test_every_direction_is_confirmed(done: Person, now: str, words: str) -> None:
    hand_in(done, AFTER_URL, {**SEEKER_AFTER, "final_emotion_intensity": now})
    assert f"That means it <strong>{words}</strong>" in page_of(done, CONFIRM_URL)


def test_no_let_me_change_it_leads_back_to_everything_as_it_was(done: Person) -> None:
    hand_in(done, AFTER_URL, {**SEEKER_AFTER, "seeker_question2": "Thanks!"})
    assert f'href="{AFTER_URL}#final_emotion_intensity-2"' in page_of(done, CONFIRM_URL)
    page = page_of(done, AFTER_URL)
    assert "\n It helped to say it out loud. </textarea>" in page
    assert "\nThanks!</textarea>" in page
    assert chosen(page, "final_emotion_intensity") == "2"
    hand_in(done, AFTER_URL, {**SEEKER_AFTER, "final_emotion_intensity": "5"})
    assert "That means it <strong>rose</strong>." in page_of(done, CONFIRM_URL)


def chosen(page: str, name: str) -> str:
    """The value of the radio button of that name which is checked."""
    for tag in page.split("<input")[1:]:
        tag = tag.split(">")[0]
        if f'name="{name}"' in tag and tag.split()[-1] == "checked":
            return tag.split('value="')[1].split('"')[0]
    return ""


def test_the_change_is_shown_again_when_the_score_is_another_by_now(done: Person) -> None:
    hand_in(done, AFTER_URL, SEEKER_AFTER)
    keep(done, "seeker_after", {"final_emotion_intensity": "3"})
    response = done.client.post(CONFIRM_URL, {"score": "2", SEAT: seat_of(done).pk})
    assert response["Location"] == CONFIRM_URL
    assert "Now: 3 (noticeable)." in page_of(done, CONFIRM_URL)
    assert stored(done, "seeker_after").submitted_at is None


@pytest.mark.parametrize("score", ["", "0", "6", "two", "12345"])
def test_a_tampered_score_confirms_nothing(done: Person, score: str) -> None:
    hand_in(done, AFTER_URL, SEEKER_AFTER)
    assert done.client.post(CONFIRM_URL, {"score": score, SEAT: seat_of(done).pk})["Location"] == CONFIRM_URL
    assert done.page is Page.SURVEY_AFTER


def test_without_answers_the_page_of_the_change_leads_to_the_questions(done: Person) -> None:
    assert done.client.get(CONFIRM_URL)["Location"] == AFTER_URL
    assert done.client.post(CONFIRM_URL, {"score": "2", SEAT: seat_of(done).pk})["Location"] == AFTER_URL


def test_a_rating_still_due_is_the_first_question_after_the_chat(study: Study, pat: Person) -> None:
    owing = answered_before(study)
    chatted(study, owing, pat, supporter_utterances=2)
    page = page_of(owing, AFTER_URL)
    assert page.index("How helpful were your partner's last messages?") < page.index("How strong is it now?")
    assert hand_in(owing, AFTER_URL, SEEKER_AFTER).status_code == 422
    hand_in(owing, AFTER_URL, {**SEEKER_AFTER, RATING: "4"})
    assert "You found your partner's last messages good: 4 of 5." in page_of(owing, CONFIRM_URL)
    owing.client.post(CONFIRM_URL, {"score": "2", SEAT: seat_of(owing).pk})
    assert Feedback.objects.get().score == 4


# --- Faults, second tabs, wrong turns


def test_a_faulty_form_comes_back_with_everything_typed_and_a_summary(seeker: Person) -> None:
    typed = {**BEFORE, "situation": "<b>Short</b>", "experience_type": ""}
    response = hand_in(seeker, BEFORE_URL, typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert 'href="#situation-1"' in page
    assert 'href="#experience_type-1"' in page
    assert 'href="#problem_type-1"' not in page
    assert "at least 20 characters. There are 12 now." in words_of(page)
    assert "Please choose one of the answers." in page
    assert "\n&lt;b&gt;Short&lt;/b&gt;</textarea>" in page
    assert chosen(page, "problem_type") == "job crisis"
    assert chosen(page, "initial_emotion_intensity") == "4"
    assert "You rated your anxiety 4 of 5: strong." in page
    assert "\n<b>Short</b></textarea>" in page_of(seeker, BEFORE_URL)  # still there after a reload


@pytest.mark.parametrize(
    ("situation", "words"),
    [
        ("", "Please write a few words here."),
        ("x" * 2001, "it has 2001 characters, and at most 2000 fit."),
        ("Too \x00 strange to be stored", "holds a character that cannot be stored"),
    ],
)
def test_each_fault_is_told_in_words(seeker: Person, situation: str, words: str) -> None:
    page = hand_in(seeker, BEFORE_URL, {**BEFORE, "situation": situation}).content.decode()
    assert words in words_of(page)


def test_a_second_tab_is_told_that_the_answers_are_stored(seeker: Person) -> None:
    hand_in(seeker, BEFORE_URL, BEFORE)
    response = hand_in(seeker, BEFORE_URL, {**BEFORE, "emotion_type": "anger"})
    assert response.status_code == 409
    assert "already handed in" in response.content.decode()
    assert reverse("participants:here", args=["demo"]) in response.content.decode()
    assert stored(seeker, "seeker_before").answers["emotion_type"] == "anxiety"


def test_confirming_in_a_second_tab_is_told_the_same(done: Person) -> None:
    hand_in(done, AFTER_URL, SEEKER_AFTER)
    seat = seat_of(done).pk
    done.client.post(CONFIRM_URL, {"score": "2", SEAT: seat})
    response = done.client.post(CONFIRM_URL, {"score": "2", SEAT: seat})
    assert (response.status_code, "already handed in" in response.content.decode()) == (409, True)


@pytest.mark.parametrize("seat", ["", "0", "abc", "-1", "9" * 40, "١"])
def test_a_form_with_a_tampered_seat_is_stale(seeker: Person, seat: str) -> None:
    response = seeker.client.post(BEFORE_URL, {**BEFORE, SEAT: seat})
    assert response.status_code == 409
    assert not SurveyResponse.objects.filter(submitted_at__isnull=False).exists()


@pytest.mark.parametrize("url", [AFTER_URL, CONFIRM_URL])
def test_whoever_belongs_elsewhere_is_sent_there(seeker: Person, sam: Person, url: str) -> None:
    assert seeker.client.get(url)["Location"] == BEFORE_URL
    assert sam.client.get(url)["Location"] == sam.client.get(BEFORE_URL)["Location"] == "/study/demo/lobby/"


# --- Drafts


def test_a_draft_is_there_again_in_another_tab(seeker: Person) -> None:
    saved = keep(seeker, "seeker_before", {"situation": "Half a sent", "initial_emotion_intensity": "5"})
    assert (saved.status_code, saved.json()) == (200, {"saved": True, "danger": False})
    page = page_of(seeker, BEFORE_URL)
    assert "\nHalf a sent</textarea>" in page
    assert chosen(page, "initial_emotion_intensity") == "5"
    assert "You rated your feeling 5 of 5: overwhelming." in page


def test_a_draft_after_the_submission_is_refused_in_json(seeker: Person) -> None:
    hand_in(seeker, BEFORE_URL, BEFORE)
    response = keep(seeker, "seeker_before", {"situation": "Late."})
    assert (response.status_code, response.json()["code"]) == (409, "already_submitted")


@pytest.mark.parametrize("text", ["nul \x00", "lone \udfff"])
def test_a_draft_that_cannot_be_stored_is_refused_in_json(seeker: Person, text: str) -> None:
    response = keep(seeker, "seeker_before", {"situation": text})
    assert (response.status_code, response.json()["code"]) == (409, "bad_text")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"seat": 1}',
        b'{"seat": "1", "answers": {}}',
        b'{"seat": 1, "answers": []}',
        b'{"seat": 1, "answers": {}, "survey": "seeker_after"}',
        b"[" * 100_000,
        b'{"seat": ' + b"9" * 5000 + b', "answers": {}}',
    ],
)
def test_a_malformed_draft_is_refused_in_json(seeker: Person, body: bytes) -> None:
    response = seeker.client.post(
        "/study/demo/survey/seeker_before/draft/",
        body,
        content_type="application/json",
        headers={"accept": "application/json"},
    )
    assert (response.status_code, response.json()["code"]) == (400, "bad_draft")
    assert not SurveyResponse.objects.exists()


def test_a_draft_names_one_of_the_surveys(seeker: Person) -> None:
    assert keep(seeker, "weather", {}).status_code == 404


def test_a_draft_without_the_pages_token_is_refused(seeker: Person) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = seeker.client.cookies
    seeker.client = strict
    assert keep(seeker, "seeker_before", {"situation": "Forged."}).status_code == 403
    assert not SurveyResponse.objects.exists()
    strict.get(BEFORE_URL)
    token = strict.cookies["csrftoken"].value
    assert keep(seeker, "seeker_before", {"situation": "Mine."}, **{"x-csrftoken": token}).status_code == 200


# --- Outsiders, and the blind supporter

DOORS = [
    ("get", BEFORE_URL),
    ("post", BEFORE_URL),
    ("get", AFTER_URL),
    ("post", AFTER_URL),
    ("get", CONFIRM_URL),
    ("post", CONFIRM_URL),
    ("post", "/study/demo/survey/seeker_before/draft/"),
]


@pytest.mark.parametrize(("method", "url"), DOORS)
def test_who_is_not_in_the_study_is_refused_at_every_door(study: Study, method: str, url: str) -> None:
    other = create_study(slug="other", text=default_protocol_text())
    open_study(study_id=other.pk)
    other.refresh_from_db()
    for outsider in (Client(), join(other, Role.SEEKER, until=Page.SURVEY_BEFORE).client):
        assert getattr(outsider, method)(url).status_code == 403


def test_mallory_neither_sees_nor_changes_sams_answers(study: Study, seeker: Person) -> None:
    mallory = new_seeker(study)
    keep(seeker, "seeker_before", {"situation": "Only for researchers."})
    assert "Only for researchers." not in page_of(mallory, BEFORE_URL)
    seat = seat_of(seeker).pk
    assert mallory.client.post(BEFORE_URL, {**BEFORE, SEAT: seat}).status_code == 409
    body = json.dumps({"seat": seat, "answers": {"situation": "Mallory was here."}})
    draft = mallory.client.post(
        "/study/demo/survey/seeker_before/draft/",
        body,
        content_type="application/json",
        headers={"accept": "application/json"},
    )
    assert (draft.status_code, draft.json()["code"]) == (409, "stale_form")
    assert stored(seeker, "seeker_before").draft == {"situation": "Only for researchers."}


def test_a_supporter_sees_nothing_of_the_seekers_surveys(done: Person, pat: Person) -> None:
    secret = {**SEEKER_AFTER, "seeker_question1": "A word about Pat.", RATING: "1"}
    submit_survey(sitting_id=done.sitting_id, survey="seeker_after", answers=secret)
    page = page_of(pat, AFTER_URL)
    assert "How much detail did your partner give" in page
    for words in (
        "A word about Pat.",
        "They cut my hours",
        "anxiety",
        "job crisis",
        "How strong is it now?",
        "empathy",
    ):
        assert words not in page
    assert pat.client.get(CONFIRM_URL)["Location"] == AFTER_URL
    assert pat.client.post(CONFIRM_URL, {"score": "2", SEAT: seat_of(pat).pk}).status_code == 403
    for survey in ("seeker_before", "seeker_after"):
        assert keep(pat, survey, {"empathy": "1"}).status_code == 403
    faulty = hand_in(pat, AFTER_URL, {"detail": "9"})
    assert (faulty.status_code, "anxiety" in faulty.content.decode()) == (422, False)


def test_a_supporter_hands_in_and_goes_on(done: Person, pat: Person) -> None:
    assert hand_in(pat, AFTER_URL, SUPPORTER_AFTER)["Location"] == "/study/demo/another/"
    assert stored(pat, "supporter_after").answers["detail"] == 4
