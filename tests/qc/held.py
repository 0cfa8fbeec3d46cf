"""Conversations that were held through the real services, as far as a test needs them."""

from __future__ import annotations

from dataclasses import dataclass

from chat.models import Conversation
from esc.ontology import Role
from esc.studies.models import Study
from surveys.questionnaire import RATING
from surveys.services import confirm_change, submit_survey
from tests.chat.talk import end, paired, talk
from tests.people import Person, join
from tests.surveys.chats import SEEKER_AFTER, SUPPORTER_AFTER, answered_before


@dataclass
class Held:
    seeker: Person
    supporter: Person
    conversation: Conversation


def begun(study: Study, *, exchanges: int = 8, scores: tuple[int, ...] = ()) -> Held:
    """Two new people in a conversation of that many exchanges, still going on. The seeker's survey before is in."""
    seeker, supporter = answered_before(study), join(study, Role.SUPPORTER)
    conversation = paired(seeker, supporter)
    talk(conversation, exchanges, scores=scores)
    return Held(seeker, supporter, conversation)


def ended(study: Study, *, exchanges: int = 8, scores: tuple[int, ...] = (), by: Role = Role.SEEKER) -> Held:
    """The same, ended; no survey after it is in."""
    held = begun(study, exchanges=exchanges, scores=scores)
    end(held.conversation, by)
    held.conversation.refresh_from_db()
    return held


def seeker_answers(held: Held, **answers: str) -> None:
    """The seeker hands in the survey after and confirms the change; a rating still due is given there, too."""
    given = {RATING: "5", **SEEKER_AFTER, **answers}
    submit_survey(sitting_id=held.seeker.sitting_id, survey="seeker_after", answers=given)
    confirm_change(sitting_id=held.seeker.sitting_id, score=int(given["final_emotion_intensity"]))


def supporter_answers(held: Held, **answers: str) -> None:
    submit_survey(
        sitting_id=held.supporter.sitting_id, survey="supporter_after", answers={**SUPPORTER_AFTER, **answers}
    )
