"""Whoever gets an alert about an answer reaches the words and the person from it."""

from __future__ import annotations

import pytest
from django.test import Client

from esc.ontology import Role
from esc.safety.models import Alert
from esc.studies.models import Study
from surveys.alerts import sent_in_vain, surveys_behind
from surveys.models import SurveyResponse
from surveys.services import Incomplete, save_draft, submit_survey
from tests.chat.conftest import _close_the_writers_connection as _close_the_writers_connection
from tests.chat.talk import paired, say
from tests.people import Person, join
from tests.surveys.chats import BEFORE, SEEKER_AFTER, answered_before, chatted, new_seeker

GRAVE = "Since the breakup I feel that I want to die."
ALERTS = "/admin/safety/alert/"


def grave(study: Study) -> tuple[Person, Alert]:
    """A seeker whose situation speaks of danger, and the alert."""
    person = new_seeker(study)
    submit_survey(sitting_id=person.sitting_id, survey="seeker_before", answers={**BEFORE, "situation": GRAVE})
    return person, Alert.objects.get()


def page_of(alert: Alert) -> str:
    return f"{ALERTS}{alert.pk}/change/"


def test_the_alerts_page_leads_to_the_words_and_to_the_person(study: Study, admin_client: Client) -> None:
    person, alert = grave(study)
    page = admin_client.get(page_of(alert)).content.decode()
    words = f"/admin/surveys/surveyresponse/{SurveyResponse.objects.get().pk}/change/"
    who = f"/admin/participants/participant/{person.sitting.participant_id}/change/"
    assert f'href="{words}"' in page
    assert f'href="{who}"' in page
    assert "speaks of danger" in page
    assert GRAVE in admin_client.get(words).content.decode()
    assert admin_client.get(who).status_code == 200


def test_the_list_of_alerts_leads_to_the_persons_answers_and_to_the_person(study: Study, admin_client: Client) -> None:
    person, _ = grave(study)
    answered_before(study)
    page = admin_client.get(ALERTS).content.decode()
    who = person.sitting.participant_id
    answers = f"/admin/surveys/surveyresponse/?q={who}"
    assert f'href="{answers}"' in page
    assert f'href="/admin/participants/participant/{who}/change/"' in page
    found = admin_client.get(answers)
    assert [response.seat.participant_id for response in found.context["cl"].result_list] == [who]
    assert admin_client.get(f"{ALERTS}?q={who}").context["cl"].result_count == 1


def test_words_that_were_sent_and_could_not_be_taken_are_there_as_well(study: Study, admin_client: Client) -> None:
    person = new_seeker(study)
    with pytest.raises(Incomplete):
        submit_survey(sitting_id=person.sitting_id, survey="seeker_before", answers={"situation": GRAVE})
    (heard,) = surveys_behind(Alert.objects.get())
    assert heard.speaks_of_danger
    page = admin_client.get(f"/admin/surveys/surveyresponse/{heard.response.pk}/change/").content.decode()
    assert GRAVE in page
    assert "Sent, not handed in yet" in page


def test_a_draft_without_an_alert_stays_the_persons_own(study: Study) -> None:
    person = new_seeker(study)
    save_draft(sitting_id=person.sitting_id, survey="seeker_before", answers={"situation": GRAVE})
    assert sent_in_vain(SurveyResponse.objects.get()) == {}


def test_once_handed_in_nothing_was_sent_in_vain(study: Study) -> None:
    grave(study)
    assert sent_in_vain(SurveyResponse.objects.get()) == {}


def test_the_survey_that_speaks_of_danger_comes_first(study: Study) -> None:
    seeker = answered_before(study)
    chatted(study, seeker, join(study, Role.SUPPORTER))
    sent = {**SEEKER_AFTER, "seeker_question1": GRAVE}
    submit_survey(sitting_id=seeker.sitting_id, survey="seeker_after", answers=sent)
    heard = surveys_behind(Alert.objects.get())
    assert [(found.response.survey, found.speaks_of_danger) for found in heard] == [
        ("seeker_after", True),
        ("seeker_before", False),
    ]


def test_an_alert_about_a_message_leads_to_its_conversation_and_the_person(
    sam: Person, pat: Person, admin_client: Client
) -> None:
    conversation = paired(sam, pat)
    say(conversation, Role.SEEKER, "I want to die")
    alert = Alert.objects.get()
    assert surveys_behind(alert) == []
    for page in (ALERTS, page_of(alert)):
        text = admin_client.get(page).content.decode()
        assert f'href="/admin/chat/conversation/{conversation.pk}/change/"' in text
        assert f'href="/admin/participants/participant/{sam.sitting.participant_id}/change/"' in text
