"""How the surveys' tests bring two people through a conversation."""

from __future__ import annotations

from uuid import uuid4

from django.utils import timezone

from chat.endings import finish_conversation
from chat.models import Conversation
from chat.services import Posted, Say, post_utterances
from esc.ontology import Ending, Role, Strategy
from esc.participants.journey import Page
from esc.participants.models import Seat
from esc.participants.services import finish_step
from esc.studies.models import Study
from surveys.services import submit_survey
from tests.people import Person, join

BEFORE = {
    "problem_type": "job crisis",
    "emotion_type": "anxiety",
    "initial_emotion_intensity": "4",
    "situation": "They cut my hours twice this month.\nI do not sleep.",
    "experience_type": "Current Experience",
}
SEEKER_AFTER = {
    "final_emotion_intensity": "2",
    "empathy": "4",
    "relevance": "5",
    "seeker_question1": " It helped to say it out loud. ",
    "seeker_question2": "",
}
SUPPORTER_AFTER = {"detail": "4", "supporter_question1": "Finding the first words was hard.", "supporter_question2": ""}


def seat_of(person: Person) -> Seat:
    seat = person.sitting.current_seat
    assert seat is not None
    return seat


def new_seeker(study: Study) -> Person:
    """A seeker who has not answered anything yet."""
    return join(study, Role.SEEKER, until=Page.SURVEY_BEFORE)


def answered_before(study: Study) -> Person:
    """A seeker who handed in the survey before and waits in the lobby."""
    person = new_seeker(study)
    submit_survey(sitting_id=person.sitting_id, survey="seeker_before", answers=BEFORE)
    return person


def pair(study: Study, seeker: Person, supporter: Person) -> Conversation:
    """Both have left the lobby for their conversation."""
    conversation = Conversation.objects.create(
        study=study,
        protocol_version=study.version,
        seeker=seat_of(seeker),
        supporter=seat_of(supporter),
        started_at=timezone.now(),
    )
    for person in (seeker, supporter):
        finish_step(sitting_id=person.sitting_id, step=Page.LOBBY)
    return conversation


def talk(conversation: Conversation, *, supporter_utterances: int) -> None:
    """The seeker tells enough for a real chat, then the supporter writes that many messages in a row."""
    minimum = conversation.protocol.approval.utterances
    told = [f"Part {number} of what happened." for number in range(minimum - supporter_utterances)]
    says = [Say(conversation.pk, Role.SEEKER, uuid4(), text) for text in told]
    says += [
        Say(conversation.pk, Role.SUPPORTER, uuid4(), f"How was day {day}?", strategy=Strategy.QUESTION)
        for day in range(1, supporter_utterances + 1)
    ]
    assert all(isinstance(posted, Posted) for posted in post_utterances(says))


def finish_chat(conversation: Conversation) -> None:
    """The seeker ended it; both now stand before the survey after."""
    finish_conversation(conversation_id=conversation.pk, ending=Ending.ENDED_BY_SEEKER, by=Role.SEEKER)


def chatted(study: Study, seeker: Person, supporter: Person, *, supporter_utterances: int = 1) -> Conversation:
    """A conversation of these two that is over; a rating is due from two supporter utterances on."""
    conversation = pair(study, seeker, supporter)
    talk(conversation, supporter_utterances=supporter_utterances)
    finish_chat(conversation)
    conversation.refresh_from_db()
    return conversation
