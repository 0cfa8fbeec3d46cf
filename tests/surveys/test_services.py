from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from chat.models import Feedback
from esc.errors import Refusal
from esc.participants.journey import Page
from esc.participants.services import begin_another
from esc.studies.models import Study
from surveys.answers import Fault
from surveys.models import SurveyResponse
from surveys.questionnaire import RATING
from surveys.services import Incomplete, confirm_change, save_draft, submit_survey
from tests.people import Person
from tests.surveys.chats import (
    BEFORE,
    SEEKER_AFTER,
    SUPPORTER_AFTER,
    answered_before,
    chatted,
    new_seeker,
    pair,
    seat_of,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


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


def response(person: Person, survey: str) -> SurveyResponse:
    return SurveyResponse.objects.get(seat=seat_of(person), survey=survey)


def refusal_of(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


def test_answers_are_stored_and_the_journey_goes_on(seeker: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    page = submit_survey(sitting_id=seeker.sitting_id, survey="seeker_before", answers=BEFORE)
    stored = response(seeker, "seeker_before")
    assert page is seeker.page is Page.LOBBY
    assert stored.answers == {**BEFORE, "initial_emotion_intensity": 4}
    assert stored.submitted_at == NOON
    assert stored.draft == {}


def test_faulty_answers_are_told_and_what_was_typed_is_kept(seeker: Person) -> None:
    typed = {**BEFORE, "situation": "Too short", "emotion_type": "hunger"}
    del typed["problem_type"]
    with pytest.raises(Incomplete) as caught:
        submit_survey(sitting_id=seeker.sitting_id, survey="seeker_before", answers=typed)
    assert caught.value.faults == {
        "problem_type": Fault.MISSING,
        "emotion_type": Fault.NOT_OFFERED,
        "situation": Fault.TOO_SHORT,
    }
    stored = response(seeker, "seeker_before")
    assert stored.draft["situation"] == "Too short"
    assert (stored.answers, stored.submitted_at) == ({}, None)
    assert seeker.page is Page.SURVEY_BEFORE


def test_a_second_submission_is_refused_and_the_first_one_stands(seeker: Person) -> None:
    submit_survey(sitting_id=seeker.sitting_id, survey="seeker_before", answers=BEFORE)
    again = {**BEFORE, "initial_emotion_intensity": "1"}
    refusal = refusal_of(lambda: submit_survey(sitting_id=seeker.sitting_id, survey="seeker_before", answers=again))
    assert refusal.code == "already_submitted"
    assert response(seeker, "seeker_before").answers["initial_emotion_intensity"] == 4
    assert SurveyResponse.objects.count() == 1


def test_a_survey_whose_turn_it_is_not_is_refused_and_stores_nothing(seeker: Person, pat: Person) -> None:
    early = refusal_of(lambda: submit_survey(sitting_id=seeker.sitting_id, survey="seeker_after", answers=SEEKER_AFTER))
    waiting = refusal_of(
        lambda: submit_survey(sitting_id=pat.sitting_id, survey="supporter_after", answers=SUPPORTER_AFTER)
    )
    assert early.code == waiting.code == "stale_form"
    assert not SurveyResponse.objects.exists()


@pytest.mark.parametrize("survey", ["seeker_before", "seeker_after"])
def test_a_supporter_cannot_answer_for_the_seeker(study: Study, done: Person, pat: Person, survey: Any) -> None:
    refusal = refusal_of(lambda: submit_survey(sitting_id=pat.sitting_id, survey=survey, answers=BEFORE))
    assert refusal.code == "not_yours"
    assert not SurveyResponse.objects.filter(seat=seat_of(pat)).exists()


def test_a_supporter_hands_in_at_once(done: Person, pat: Person) -> None:
    page = submit_survey(sitting_id=pat.sitting_id, survey="supporter_after", answers=SUPPORTER_AFTER)
    assert page is pat.page is Page.ANOTHER
    assert response(pat, "supporter_after").answers == {
        "detail": 4,
        "supporter_question1": "Finding the first words was hard.",
    }


def test_a_form_of_an_earlier_conversation_is_never_taken_for_this_one(study: Study, done: Person, pat: Person) -> None:
    first_seat = seat_of(done).pk
    submit_survey(sitting_id=done.sitting_id, survey="seeker_after", answers=SEEKER_AFTER)
    confirm_change(sitting_id=done.sitting_id, score=2)
    begin_another(sitting_id=done.sitting_id)
    refusal = refusal_of(
        lambda: submit_survey(sitting_id=done.sitting_id, survey="seeker_before", answers=BEFORE, seat_id=first_seat)
    )
    assert refusal.code == "already_submitted"
    assert not SurveyResponse.objects.filter(seat=seat_of(done)).exists()


def test_a_form_that_names_somebody_elses_seat_is_stale(seeker: Person, mallory: Person) -> None:
    refusal = refusal_of(
        lambda: submit_survey(
            sitting_id=seeker.sitting_id, survey="seeker_before", answers=BEFORE, seat_id=seat_of(mallory).pk
        )
    )
    assert refusal.code == "stale_form"


# --- The change, confirmed in words


def test_a_seekers_answers_count_only_once_the_change_is_confirmed(done: Person) -> None:
    page = submit_survey(sitting_id=done.sitting_id, survey="seeker_after", answers=SEEKER_AFTER)
    assert page is done.page is Page.SURVEY_AFTER
    assert response(done, "seeker_after").answers == {}
    assert confirm_change(sitting_id=done.sitting_id, score=2) is Page.ANOTHER
    stored = response(done, "seeker_after")
    assert stored.answers == {
        "final_emotion_intensity": 2,
        "empathy": 4,
        "relevance": 5,
        "seeker_question1": " It helped to say it out loud. ",
    }
    assert stored.first_answers == {"final_emotion_intensity": 2}
    assert stored.draft == {}


def test_the_first_and_the_confirmed_value_are_both_stored(done: Person) -> None:
    for score in ("5", "3", "2"):
        answers = {**SEEKER_AFTER, "final_emotion_intensity": score}
        submit_survey(sitting_id=done.sitting_id, survey="seeker_after", answers=answers)
    confirm_change(sitting_id=done.sitting_id, score=2)
    stored = response(done, "seeker_after")
    assert stored.first_answers == {"final_emotion_intensity": 5}
    assert stored.answers["final_emotion_intensity"] == 2


def test_a_score_that_changed_meanwhile_is_not_confirmed_unseen(done: Person) -> None:
    submit_survey(sitting_id=done.sitting_id, survey="seeker_after", answers=SEEKER_AFTER)
    save_draft(sitting_id=done.sitting_id, survey="seeker_after", answers={"final_emotion_intensity": "4"})
    assert confirm_change(sitting_id=done.sitting_id, score=2) is Page.SURVEY_AFTER
    assert response(done, "seeker_after").submitted_at is None
    assert confirm_change(sitting_id=done.sitting_id, score=4) is Page.ANOTHER


def test_nothing_can_be_confirmed_before_it_was_answered(done: Person) -> None:
    with pytest.raises(Incomplete):
        confirm_change(sitting_id=done.sitting_id, score=2)


def test_confirming_twice_is_refused_kindly(done: Person) -> None:
    submit_survey(sitting_id=done.sitting_id, survey="seeker_after", answers=SEEKER_AFTER)
    confirm_change(sitting_id=done.sitting_id, score=2)
    assert refusal_of(lambda: confirm_change(sitting_id=done.sitting_id, score=2)).code == "already_submitted"


def test_without_an_intensity_before_there_is_no_change_to_confirm(study: Study, sam: Person, pat: Person) -> None:
    chatted(study, sam, pat)  # Sam's survey before is not on record
    page = submit_survey(sitting_id=sam.sitting_id, survey="seeker_after", answers=SEEKER_AFTER)
    assert page is Page.ANOTHER
    assert response(sam, "seeker_after").first_answers == {}


# --- The rating that was still due


@pytest.fixture
def owing(study: Study, pat: Person) -> Person:
    """A seeker who still owes a rating of Pat's last two messages."""
    person = answered_before(study)
    chatted(study, person, pat, supporter_utterances=2)
    return person


def test_a_rating_still_due_is_asked_for_and_given_with_the_survey(owing: Person) -> None:
    with pytest.raises(Incomplete) as caught:
        submit_survey(sitting_id=owing.sitting_id, survey="seeker_after", answers=SEEKER_AFTER)
    assert caught.value.faults == {RATING: Fault.MISSING}
    submit_survey(sitting_id=owing.sitting_id, survey="seeker_after", answers={**SEEKER_AFTER, RATING: "5"})
    assert not Feedback.objects.exists()
    confirm_change(sitting_id=owing.sitting_id, score=2)
    feedback = Feedback.objects.get()
    assert (feedback.through, feedback.score) == (16, 5)
    assert RATING not in response(owing, "seeker_after").answers


def test_no_rating_is_taken_where_none_is_due(done: Person) -> None:
    submit_survey(sitting_id=done.sitting_id, survey="seeker_after", answers={**SEEKER_AFTER, RATING: "1"})
    confirm_change(sitting_id=done.sitting_id, score=2)
    assert not Feedback.objects.exists()


# --- Drafts


def test_a_draft_keeps_what_is_filled_in_so_far(seeker: Person) -> None:
    save_draft(sitting_id=seeker.sitting_id, survey="seeker_before", answers={"situation": " They c"})
    save_draft(
        sitting_id=seeker.sitting_id, survey="seeker_before", answers={"emotion_type": "anger", "verdict": "approved"}
    )
    stored = response(seeker, "seeker_before")
    assert stored.draft == {"situation": " They c", "emotion_type": "anger"}
    assert (stored.answers, stored.submitted_at) == ({}, None)
    assert seeker.page is Page.SURVEY_BEFORE


def test_a_draft_forgets_a_text_that_was_emptied(seeker: Person) -> None:
    for text in ("Something private.", ""):
        save_draft(sitting_id=seeker.sitting_id, survey="seeker_before", answers={"situation": text})
    assert response(seeker, "seeker_before").draft == {"situation": ""}


def test_nothing_is_kept_after_the_answers_were_handed_in(seeker: Person) -> None:
    submit_survey(sitting_id=seeker.sitting_id, survey="seeker_before", answers=BEFORE)
    refusal = refusal_of(
        lambda: save_draft(sitting_id=seeker.sitting_id, survey="seeker_before", answers={"situation": "Late."})
    )
    assert refusal.code == "already_submitted"
    assert response(seeker, "seeker_before").draft == {}


def test_no_draft_is_kept_of_a_survey_that_comes_later(study: Study, pat: Person) -> None:
    person = answered_before(study)
    pair(study, person, pat)
    refusal = refusal_of(
        lambda: save_draft(sitting_id=person.sitting_id, survey="seeker_after", answers={"empathy": "3"})
    )
    assert refusal.code == "stale_form"
    assert not SurveyResponse.objects.filter(survey="seeker_after").exists()


@pytest.mark.parametrize("text", ["nul \x00", "lone \ud800", "x" * 20_001])
def test_a_draft_that_cannot_be_stored_is_refused_and_its_neighbours_are_kept(seeker: Person, text: str) -> None:
    save_draft(sitting_id=seeker.sitting_id, survey="seeker_before", answers={"situation": "Before that."})
    answers = {"situation": text, "emotion_type": "fear"}
    refusal = refusal_of(lambda: save_draft(sitting_id=seeker.sitting_id, survey="seeker_before", answers=answers))
    assert refusal.code == "bad_text"
    assert response(seeker, "seeker_before").draft == {"situation": "Before that.", "emotion_type": "fear"}
