"""How conversations end, and what it means for the two people."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from chat import endings
from chat.models import Conversation
from chat.overdue import end_overdue
from chat.presence import connect
from esc.errors import Refusal
from esc.ontology import Ending, Outcome, Role
from esc.participants.journey import Page
from tests.chat.talk import paired, say, seat_of, talk
from tests.people import Person


@pytest.fixture
def conversation(sam: Person, pat: Person) -> Conversation:
    """The chat of two people who are both here."""
    made = paired(sam, pat)
    for role in Role:
        connect(connection_id=uuid4(), seat_id=made.seat(role).pk, conversation_id=made.pk)
    return made


def later(seconds: int = 61) -> timedelta:
    return timedelta(seconds=seconds)


def test_a_seekers_end_is_the_end(conversation: Conversation, sam: Person, pat: Person) -> None:
    talk(conversation, 8)
    endings.end(conversation_id=conversation.pk, role=Role.SEEKER, reason="all said")
    conversation.refresh_from_db()
    assert (conversation.ending, conversation.end_reason) == (Ending.ENDED_BY_SEEKER, "all said")
    assert [seat_of(person).outcome for person in (sam, pat)] == [Outcome.COMPLETED, Outcome.COMPLETED]
    assert [person.page for person in (sam, pat)] == [Page.SURVEY_AFTER, Page.SURVEY_AFTER]


def test_a_short_conversation_is_not_completed(conversation: Conversation, sam: Person, pat: Person) -> None:
    say(conversation, Role.SEEKER, "Bye")
    endings.end(conversation_id=conversation.pk, role=Role.SEEKER)
    assert [seat_of(person).outcome for person in (sam, pat)] == [Outcome.LEFT_EARLY, Outcome.PARTNER_LEFT]


def test_a_supporters_end_is_a_proposal(conversation: Conversation) -> None:
    endings.end(conversation_id=conversation.pk, role=Role.SUPPORTER)
    conversation.refresh_from_db()
    assert conversation.is_open
    until = conversation.end_proposed_until
    endings.end(conversation_id=conversation.pk, role=Role.SUPPORTER)
    conversation.refresh_from_db()
    assert conversation.end_proposed_until == until


def test_an_unanswered_proposal_ends_the_conversation_once(
    conversation: Conversation, sam: Person, pat: Person
) -> None:
    talk(conversation, 8)
    endings.end(conversation_id=conversation.pk, role=Role.SUPPORTER)
    now = timezone.now()
    assert end_overdue(now + later(59)) == 0
    assert end_overdue(now + later()) == 1
    assert end_overdue(now + later()) == 0
    conversation.refresh_from_db()
    assert conversation.ending == Ending.ENDED_BY_SUPPORTER
    assert [seat_of(person).outcome for person in (sam, pat)] == [Outcome.COMPLETED, Outcome.COMPLETED]


def test_a_seeker_who_goes_on_talking_has_answered(conversation: Conversation) -> None:
    endings.end(conversation_id=conversation.pk, role=Role.SUPPORTER)
    say(conversation, Role.SEEKER, "One more thing, please.")
    assert end_overdue(timezone.now() + later()) == 0


def test_nothing_ends_twice(conversation: Conversation) -> None:
    endings.end(conversation_id=conversation.pk, role=Role.SEEKER)
    for role in Role:
        with pytest.raises(Refusal) as refused:
            endings.end(conversation_id=conversation.pk, role=role)
        assert refused.value.code == "ended"
