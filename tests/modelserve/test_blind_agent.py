"""An agent is as blind as a person (paper, §3.1): nothing of surveys, ratings or people reaches its engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import Conversation, Feedback
from esc.ontology import Role
from esc.participants.models import Participant
from esc.studies.models import Study
from modelserve.engines.base import Context, Engine, Heard
from modelserve.services import answer_turns
from surveys.models import SurveyResponse
from tests.chat.talk import rate, say, seat_of
from tests.modelserve.conftest import with_an_agent
from tests.modelserve.engines import Listener

pytestmark = pytest.mark.django_db

SECRET = "The lighthouse keeper never wrote back to me."
ANSWERS = {"situation": SECRET, "emotion_type": "disgust", "problem_type": "job crisis", "initial_emotion_intensity": 5}


@pytest.fixture
def conversation(study: Study) -> Conversation:
    person, conversation = with_an_agent(study)
    seat = seat_of(person)
    SurveyResponse.objects.create(seat=seat, survey="seeker_before", answers=ANSWERS, submitted_at=timezone.now())
    SurveyResponse.objects.create(seat=seat, survey="seeker_after", draft={"seeker_question1": SECRET})
    Participant.objects.filter(pk=person.sitting.participant_id).update(country="NZ")
    for number in (1, 2):
        say(conversation, Role.SEEKER, f"This is message {number}.")
        say(conversation, Role.SUPPORTER, f"And this is answer {number}.")
    rate(conversation, 2)
    say(conversation, Role.SEEKER, "This is message 3.")
    return conversation


def test_an_engine_is_told_utterances_and_its_own_strategies_alone(
    conversation: Conversation, seated: Callable[[Engine], None]
) -> None:
    listener = Listener()
    seated(listener)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer_turns(now=timezone.now() + timedelta(seconds=4))
    ((context,),) = listener.batches
    assert context.utterances == (
        Heard(Role.SEEKER, "This is message 1."),
        Heard(Role.SUPPORTER, "And this is answer 1.", "Question"),
        Heard(Role.SEEKER, "This is message 2."),
        Heard(Role.SUPPORTER, "And this is answer 2.", "Question"),
        Heard(Role.SEEKER, "This is message 3."),
    )
    assert Feedback.objects.get().score == 2
    told = repr(listener.batches)
    assert not [word for word in (SECRET, "disgust", "job crisis", "NZ", str(conversation.pk)) if word in told]
    tables = ("surveys_surveyresponse", "chat_feedback", "participants_participant", "participants_panelidentity")
    assert not [query["sql"] for query in queries if any(f'"{table}"' in query["sql"] for table in tables)]


def test_a_context_has_no_place_for_anything_else() -> None:
    assert [field.name for field in fields(Context)] == ["utterances", "seed", "given"]  # `given`: offline alone
    assert [field.name for field in fields(Heard)] == ["role", "text", "strategy"]
