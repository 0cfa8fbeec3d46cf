"""Whoever was left before a real chat keeps their answers, is asked the intensity once more, and goes to the front."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from chat.endings import finish_conversation
from chat.models import Conversation
from chat.pairing import enter_lobby, pair_waiting
from chat.presence import connect
from esc.errors import Refusal
from esc.ontology import Ending, Outcome, Role
from esc.participants.journey import Page
from esc.participants.services import go_to_front
from esc.studies.models import Study
from surveys.models import SurveyResponse
from surveys.services import Incomplete, submit_survey
from tests.people import Person, join
from tests.surveys.chats import BEFORE, answered_before, pair, seat_of


@pytest.fixture
def left(study: Study, pat: Person) -> Person:
    """A seeker whose partner never came."""
    person = answered_before(study)
    conversation = pair(study, person, pat)
    finish_conversation(conversation_id=conversation.pk, ending=Ending.NO_SHOW, by=Role.SUPPORTER)
    return person


def wait(person: Person) -> None:
    enter_lobby(sitting=person.sitting)
    connect(connection_id=uuid4(), seat_id=seat_of(person).pk)


def test_the_survey_is_kept_and_only_the_intensity_asked_again(left: Person) -> None:
    assert left.page is Page.LEFT
    assert go_to_front(sitting_id=left.sitting_id) is Page.SURVEY_BEFORE
    with pytest.raises(Incomplete) as refused:
        submit_survey(sitting_id=left.sitting_id, survey="seeker_before", answers={})
    assert list(refused.value.faults) == ["initial_emotion_intensity"]
    page = submit_survey(sitting_id=left.sitting_id, survey="seeker_before", answers={"initial_emotion_intensity": "2"})
    assert page is Page.LOBBY
    old, new = SurveyResponse.objects.filter(survey="seeker_before").order_by("seat")
    assert new.answers == old.answers | {"initial_emotion_intensity": 2}
    assert old.answers["initial_emotion_intensity"] == int(BEFORE["initial_emotion_intensity"])
    assert new.first_answers == {"initial_emotion_intensity": 4}


def test_the_page_asks_one_question(left: Person) -> None:
    go_to_front(sitting_id=left.sitting_id)
    page = left.client.get("/study/demo/survey/before/").content.decode()
    assert "Your answers from before are kept. The feeling you named was anxiety" in page
    assert "How strong is this feeling right now?" in page
    assert "What happened?" not in page


def test_the_front_of_the_queue_is_before_everyone_who_came_earlier(
    study: Study, left: Person, mallory: Person
) -> None:
    wait(mallory)
    go_to_front(sitting_id=left.sitting_id)
    submit_survey(sitting_id=left.sitting_id, survey="seeker_before", answers={"initial_emotion_intensity": "4"})
    wait(left)
    wait(join(study, Role.SUPPORTER))
    pair_waiting(study_id=study.pk)
    assert (left.page, mallory.page) == (Page.CHAT, Page.LOBBY)


def test_the_one_who_left_is_not_met_again(study: Study, left: Person, pat: Person) -> None:
    go_to_front(sitting_id=left.sitting_id)
    submit_survey(sitting_id=left.sitting_id, survey="seeker_before", answers={"initial_emotion_intensity": "4"})
    pat.sitting.seats.create(number=2, role=Role.SUPPORTER)
    wait(left)
    wait(pat)
    assert pair_waiting(study_id=study.pk) == 0


def test_the_page_offers_both_and_each_leads_on(study: Study, left: Person) -> None:
    page = left.client.get("/study/demo/left/").content.decode()
    assert "Go to the front of the queue" in page
    assert "Finish and get my code" in page
    assert left.client.post("/study/demo/left/", {"choice": "stay"}).status_code == 400
    done = left.client.post("/study/demo/left/", {"choice": "finish"})
    assert done.headers["Location"] == "/study/demo/finish/"
    assert left.sitting.outcome == Outcome.PARTNER_LEFT
    with pytest.raises(Refusal):
        go_to_front(sitting_id=left.sitting_id)


def test_nobody_else_goes_to_the_front(sam: Person, mallory: Person) -> None:
    with pytest.raises(Refusal) as refused:
        go_to_front(sitting_id=mallory.sitting_id)
    assert refused.value.code == "out_of_order"
    assert mallory.client.post("/study/demo/left/", {"choice": "front"}).headers["Location"] == "/study/demo/lobby/"
    assert mallory.sitting.seats.count() == 1


def test_a_conversation_that_never_was_takes_none_of_the_persons_number(study: Study, left: Person) -> None:
    go_to_front(sitting_id=left.sitting_id)
    assert left.sitting.conversations_left == 3
    assert Conversation.objects.filter(ended_at__lte=timezone.now()).count() == 1
