"""What people answered, read for quality control and the corpus: given answers only, never a draft."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from chat.models import Conversation
from esc.participants.models import Seat
from surveys.models import SurveyResponse

Answers = dict[str, Any]  # item key → stored value; a score is an int


def given_answers(conversation: Conversation) -> dict[str, Answers]:
    """Survey name → its answers, for the surveys that were given in this conversation. One query.

    An imported survey without a single answer is there, with no answers: its file held it.
    """
    return given_answers_of_many([conversation])[conversation.pk]


def given_answers_of_many(conversations: Iterable[Conversation]) -> dict[UUID, dict[str, Answers]]:
    """`given_answers` of each of these conversations (every one has its key), in one query for all of them."""
    conversation_of: dict[int, UUID] = {}
    found: dict[UUID, dict[str, Answers]] = {}
    for conversation in conversations:
        conversation_of[conversation.seeker_id] = conversation_of[conversation.supporter_id] = conversation.pk
        found[conversation.pk] = {}
    rows = SurveyResponse.objects.given().filter(seat__in=list(conversation_of))
    for seat_id, survey, answers in rows.values_list("seat_id", "survey", "answers"):
        found[conversation_of[seat_id]][survey] = answers
    return found


def kept_draft(seat: Seat, survey: str) -> dict[str, Any]:
    """What is filled in so far of that survey at that seat, as typed."""
    response = SurveyResponse.objects.filter(seat=seat, survey=survey).only("draft").first()
    return response.draft if response else {}
