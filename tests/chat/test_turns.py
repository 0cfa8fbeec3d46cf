"""An agent's turn: due after quiet, claimed by one, spoken once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from chat.endings import finish_conversation
from chat.models import AwaitedTurn, Conversation
from chat.pairing import enter_lobby
from chat.turns import (
    Draft,
    awaited_agents,
    claim_replies,
    claim_turns,
    hold_turn,
    keep_drafts,
    let_go,
    renew_leases,
    speak,
)
from esc.ontology import Ending, Role
from esc.studies.loading import default_protocol_text
from esc.studies.models import Study
from esc.studies.services import create_study, open_study
from tests.chat.talk import say
from tests.people import join

SECONDS = timedelta(seconds=1)


@pytest.fixture
def conversation(study: Study) -> Conversation:
    enter_lobby(sitting=join(study, Role.SEEKER, arm="scripted").sitting)
    return Conversation.objects.get()


def claims(after: int) -> list[AwaitedTurn]:
    """What a worker gets that looks for turns without a reply so many seconds from now."""
    now = timezone.now() + after * SECONDS
    return claim_turns(now=now, of=awaited_agents(now=now))


def claim(after: int = 10) -> AwaitedTurn:
    (turn,) = claims(after)
    return turn


def claim_reply(after: int = 10) -> AwaitedTurn:
    (turn,) = claim_replies(now=timezone.now() + after * SECONDS)
    return turn


def draft(turn: AwaitedTurn, text: str = "How are you?") -> bool:
    """Whether the reply was kept."""
    return bool(keep_drafts([Draft(turn, "Question", text, timedelta(0))]))


def test_a_turn_is_due_after_three_seconds(conversation: Conversation) -> None:
    assert claims(after=0) == []
    assert claim(after=4).after_position == 0


def test_a_claimed_turn_is_nobody_elses_until_its_lease_runs_out(conversation: Conversation) -> None:
    claim(after=4)
    assert claims(after=20) == []
    assert claim(after=40)


def test_a_lease_that_is_renewed_does_not_run_out(conversation: Conversation) -> None:
    turn = claim(after=4)
    assert renew_leases(turns=[turn], now=timezone.now() + 30 * SECONDS) == 1
    assert claims(after=50) == []
    assert claim(after=70)
    assert renew_leases(turns=[turn], now=timezone.now() + 80 * SECONDS) == 0, "it is another worker's now"


def test_what_was_let_go_rests_until_its_lease_has_run_out(conversation: Conversation) -> None:
    let_go(turns=[claim(after=4)])
    assert claims(after=20) == []
    assert claim(after=40).tries == 2


def test_turns_wait_by_agent_and_protocol_whoever_waits_longest_first(study: Study, conversation: Conversation) -> None:
    renamed = default_protocol_text().replace('"scripted"\nengine', '"Robin"\nengine')
    renamed = renamed.replace('supporter = "scripted"', 'supporter = "Robin"')
    other = create_study(slug="other", text=renamed)
    open_study(study_id=other.pk)
    other.refresh_from_db()
    enter_lobby(sitting=join(other, Role.SEEKER, arm="scripted").sitting)
    now = timezone.now() + 10 * SECONDS
    awaited = awaited_agents(now=now)
    assert [one.agent.name for one in awaited] == ["scripted", "Robin"]
    (turn,) = claim_turns(now=now, of=awaited[1:])
    assert turn.conversation.study == other
    assert [one.agent.name for one in awaited_agents(now=now)] == ["scripted"]
    assert claim_turns(now=now, of=[]) == []


def test_a_reply_is_spoken_once(conversation: Conversation) -> None:
    assert draft(claim())
    first = claim_reply()
    stale = claim_reply(after=60)
    assert not speak(turn=first), "its lease was taken over"
    assert speak(turn=stale)
    assert not speak(turn=stale)
    assert [row.text for row in conversation.utterances.all()] == ["How are you?"]
    assert claims(after=90) == [], "one utterance a turn"


def test_how_long_typing_was_seen_is_on_the_rows(conversation: Conversation) -> None:
    turn = claim()
    keep_drafts([Draft(turn, "Question", "How are you?", 2 * SECONDS)])
    spoken = claim_reply(after=13)
    AwaitedTurn.objects.update(typing_since=timezone.now() - 2 * SECONDS)
    spoken.refresh_from_db()
    assert speak(turn=spoken)
    assert AwaitedTurn.objects.get().typing_seconds == 2
    assert conversation.utterances.get().typing_ms in range(2_000, 12_000)


class TestNewerMessage:
    def test_it_makes_the_draft_void(self, conversation: Conversation) -> None:
        say(conversation, Role.SEEKER, "Hello")
        draft(claim())
        held = claim_reply()
        say(conversation, Role.SEEKER, "I lost my job.")
        assert not speak(turn=held)
        fresh = claim()
        assert (fresh.text, fresh.after_position, fresh.remade, fresh.tries) == ("", 2, True, 1)

    def test_a_reply_that_comes_too_late_is_not_kept(self, conversation: Conversation) -> None:
        turn = claim()
        say(conversation, Role.SEEKER, "Hello")
        assert not draft(turn, "stale")
        assert AwaitedTurn.objects.get().text == ""

    def test_a_reply_is_made_anew_once_and_then_said(self, conversation: Conversation) -> None:
        for text in ("Hello", "I lost my job."):
            say(conversation, Role.SEEKER, text)
            turn = claim()
        say(conversation, Role.SEEKER, "And my flat.")
        assert draft(turn), "whoever goes on writing is answered, too"
        say(conversation, Role.SEEKER, "And my cat.")
        assert speak(turn=claim_reply())
        assert list(conversation.utterances.values_list("position", flat=True)) == [1, 2, 3, 4, 5]
        next_turn = claim()
        assert (next_turn.after_position, next_turn.remade, next_turn.tries) == (5, False, 1)
        draft(next_turn)
        assert speak(turn=claim_reply())
        assert not AwaitedTurn.objects.filter(answered_at=None).exists()

    def test_before_anybody_is_at_it_nothing_is_made_anew(self, conversation: Conversation) -> None:
        for text in ("Hello", "I lost my job.", "And my flat."):
            say(conversation, Role.SEEKER, text)
        turn = claim()
        assert (turn.after_position, turn.remade) == (3, False)

    def test_a_turn_of_a_dead_worker_takes_along_what_came_since(self, conversation: Conversation) -> None:
        for text in ("Hello", "I lost my job.", "And my flat."):
            say(conversation, Role.SEEKER, text)
            claims(after=10)
        assert claim(after=60).after_position == 3

    def test_a_turn_that_failed_is_tried_at_once_and_has_no_more_tries_for_it(self, conversation: Conversation) -> None:
        say(conversation, Role.SEEKER, "Hello")
        let_go(turns=[claim()])
        say(conversation, Role.SEEKER, "I lost my job.")
        turn = claim(after=4)
        assert (turn.tries, turn.remade) == (2, False)


def test_typing_holds_the_turn_back(conversation: Conversation) -> None:
    now = timezone.now()
    hold_turn(conversation_id=conversation.pk, now=now + 5 * SECONDS, delay=3)
    assert claims(after=7) == []
    assert len(claims(after=9)) == 1


def test_after_the_end_nothing_is_said(conversation: Conversation) -> None:
    draft(claim())
    held = claim_reply()
    finish_conversation(conversation_id=conversation.pk, ending=Ending.ENDED_BY_SEEKER, by=Role.SEEKER)
    assert not speak(turn=held)
    assert not conversation.utterances.exists()
    assert not AwaitedTurn.objects.exists()
