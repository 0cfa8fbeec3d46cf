"""An agent's turn: due after quiet, claimed by one, spoken once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from chat.endings import finish_conversation
from chat.models import AwaitedTurn, Conversation
from chat.pairing import enter_lobby
from chat.turns import claim_turns, draft_reply, hold_turn, speak
from esc.ontology import Ending, Role
from esc.studies.models import Study
from tests.chat.talk import say
from tests.people import join

SECONDS = timedelta(seconds=1)


@pytest.fixture
def conversation(study: Study) -> Conversation:
    enter_lobby(sitting=join(study, Role.SEEKER, arm="scripted").sitting)
    return Conversation.objects.get()


def claim(after: int = 10) -> AwaitedTurn:
    (turn,) = claim_turns(now=timezone.now() + after * SECONDS)
    return turn


def test_a_turn_is_due_after_three_seconds(conversation: Conversation) -> None:
    assert claim_turns(now=timezone.now()) == []
    assert claim(after=4).after_position == 0


def test_a_claimed_turn_is_nobody_elses_until_its_lease_runs_out(conversation: Conversation) -> None:
    claim(after=4)
    assert claim_turns(now=timezone.now() + 20 * SECONDS) == []
    assert claim(after=40)


def test_a_reply_is_spoken_once(conversation: Conversation) -> None:
    turn = claim()
    assert draft_reply(turn=turn, strategy="Question", text="How are you?", speak_at=timezone.now())
    first = claim()
    stale = claim(after=60)
    assert not speak(turn=first), "its lease was taken over"
    assert speak(turn=stale)
    assert not speak(turn=stale)
    assert [row.text for row in conversation.utterances.all()] == ["How are you?"]
    assert claim_turns(now=timezone.now() + 90 * SECONDS) == [], "one utterance a turn"


def test_a_newer_message_makes_the_draft_void(conversation: Conversation) -> None:
    say(conversation, Role.SEEKER, "Hello")
    turn = claim()
    draft_reply(turn=turn, strategy="Question", text="How are you?", speak_at=timezone.now())
    held = claim()
    say(conversation, Role.SEEKER, "I lost my job.")
    assert not speak(turn=held)
    fresh = claim()
    assert (fresh.text, fresh.after_position) == ("", 2)


def test_a_reply_that_comes_too_late_is_not_kept(conversation: Conversation) -> None:
    turn = claim()
    say(conversation, Role.SEEKER, "Hello")
    assert not draft_reply(turn=turn, strategy="Question", text="stale", speak_at=timezone.now())
    assert AwaitedTurn.objects.get().text == ""


def test_typing_holds_the_turn_back(conversation: Conversation) -> None:
    now = timezone.now()
    hold_turn(conversation_id=conversation.pk, now=now + 5 * SECONDS, delay=3)
    assert claim_turns(now=now + 7 * SECONDS) == []
    assert len(claim_turns(now=now + 9 * SECONDS)) == 1


def test_after_the_end_nothing_is_said(conversation: Conversation) -> None:
    turn = claim()
    draft_reply(turn=turn, strategy="Question", text="How are you?", speak_at=timezone.now())
    held = claim()
    finish_conversation(conversation_id=conversation.pk, ending=Ending.ENDED_BY_SEEKER, by=Role.SEEKER)
    assert not speak(turn=held)
    assert not conversation.utterances.exists()
    assert not AwaitedTurn.objects.exists()
