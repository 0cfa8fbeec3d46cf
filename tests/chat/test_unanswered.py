"""An agent that does not answer: the seeker is told once, in the study's words, and nobody waits for ever."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from chat.models import AwaitedTurn, Conversation, Notice
from chat.pairing import enter_lobby
from chat.turns import Draft, awaited_agents, claim_replies, claim_turns, keep_drafts, let_go, speak
from chat.unanswered import end_unanswerable, tell_who_waits
from chat.welcome import read_welcome
from esc.ontology import Ending, Role
from esc.studies.loading import default_protocol_text
from esc.studies.models import Study
from esc.studies.services import create_study, open_study
from tests.chat.talk import admitted, end, say
from tests.people import join

SECONDS = timedelta(seconds=1)
pytestmark = pytest.mark.django_db


def with_an_agent(study: Study) -> Conversation:
    enter_lobby(sitting=join(study, Role.SEEKER, arm="scripted").sitting)
    conversation = Conversation.objects.get()
    say(conversation, Role.SEEKER, "Hello?")
    return conversation


@pytest.fixture
def conversation(study: Study) -> Conversation:
    return with_an_agent(study)


def notices(conversation: Conversation, role: Role = Role.SEEKER) -> list[str]:
    """What a page of that side is told of when it connects."""
    welcome = json.loads(read_welcome(admitted(conversation, role), 0).frames[0])
    return [notice["text"] for notice in welcome["notices"]]


def tell(after: int) -> int:
    return tell_who_waits(timezone.now() + after * SECONDS)


def take(after: int) -> list[AwaitedTurn]:
    now = timezone.now() + after * SECONDS
    return claim_turns(now=now, of=awaited_agents(now=now))


def test_the_seeker_is_told_once_that_no_answer_comes(conversation: Conversation) -> None:
    assert tell(32) == 0
    assert tell(34) == 1
    assert tell(60) == 0
    (text,) = notices(conversation)
    assert "The computer program that you are talking to is not answering at the moment." in text
    assert "your time is paid either way" in text
    conversation.refresh_from_db()
    assert Notice.objects.get().until == conversation.silence_due_at


def test_where_the_chat_does_not_say_that_it_is_a_program_neither_does_the_notice(db: None) -> None:
    text = default_protocol_text().replace('disclosure = "header"', 'disclosure = "consent"')
    study = create_study(slug="later", text=text)
    open_study(study_id=study.pk)
    conversation = with_an_agent(Study.objects.get())
    tell(34)
    (told,) = notices(conversation)
    assert "No answer is coming from your partner" in told
    assert "program" not in told


def test_an_answer_ends_the_notice(conversation: Conversation) -> None:
    tell(34)
    (turn,) = take(40)
    keep_drafts([Draft(turn, "Question", "What happened?", 0 * SECONDS)])
    assert tell(60) == 0
    (reply,) = claim_replies(now=timezone.now() + 41 * SECONDS)
    assert speak(turn=reply)
    assert notices(conversation) == []


def test_who_goes_on_writing_is_told_again(conversation: Conversation) -> None:
    tell(34)
    say(conversation, Role.SEEKER, "Are you there?")
    assert notices(conversation) == []
    assert tell(34) == 1
    assert len(notices(conversation)) == 1


def test_what_was_tried_too_often_ends(conversation: Conversation) -> None:
    for tries in range(4):
        assert end_unanswerable(timezone.now() + (40 * tries + 39) * SECONDS) == 0
        let_go(turns=take(40 * tries + 40))
    assert end_unanswerable(timezone.now() + 189 * SECONDS) == 0, "the last try has its lease"
    assert end_unanswerable(timezone.now() + 191 * SECONDS) == 1
    conversation.refresh_from_db()
    assert conversation.ending == Ending.MODEL_FAILED


def test_nothing_is_said_of_a_chat_that_is_over(conversation: Conversation) -> None:
    end(conversation)
    assert tell(34) == 0
    assert end_unanswerable(timezone.now() + 500 * SECONDS) == 0
