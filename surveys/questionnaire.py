"""What is asked at one seat, and the stored facts that the questions lean on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import get_args
from uuid import UUID

from django.utils.translation import gettext as _

from chat.queries import conversation_at
from esc.ontology import Role
from esc.participants.journey import Page
from esc.participants.models import Seat
from esc.studies.schema import Item, Protocol, SurveyName
from surveys.answers import Answers, Change, emotion_in_words
from surveys.models import SurveyResponse

SURVEY_NAMES: dict[str, SurveyName] = {name: name for name in get_args(SurveyName)}
STEPS: dict[SurveyName, tuple[Role, Page]] = {
    "seeker_before": (Role.SEEKER, Page.SURVEY_BEFORE),
    "seeker_after": (Role.SEEKER, Page.SURVEY_AFTER),
    "supporter_after": (Role.SUPPORTER, Page.SURVEY_AFTER),
}
INITIAL, FINAL, EMOTION = "initial_emotion_intensity", "final_emotion_intensity", "emotion_type"
RATING = "due-feedback"  # the hyphen keeps it apart from every key that a protocol can give an item


@dataclass(frozen=True)
class RatingDue:
    """The rating that was still due when the conversation ended."""

    conversation_id: UUID
    through: int  # the supporter's position up to which it rates


@dataclass(frozen=True)
class Questionnaire:
    """One survey as it is asked at one seat. `before` holds the seeker's answers before the conversation.

    Whoever was left by a partner before a real chat and goes to the front has answered the survey before already:
    `before` holds those answers then, and only the intensity is asked again. A supporter's questionnaire knows nothing
    of the seeker's answers: `before` is empty there (DESIGN §5).
    """

    protocol: Protocol
    survey: SurveyName
    before: Answers = field(default_factory=dict)
    rating: RatingDue | None = None

    @property
    def items(self) -> list[Item]:
        """The questions in their order; a rating still due comes first."""
        items = self.protocol.surveys.items(self.survey)
        if self.asks_again:
            return [item for item in items if item.key == INITIAL]
        return [rating_item(self.protocol), *items] if self.rating else items

    @property
    def asks_again(self) -> bool:
        """Whether the answers of an earlier seat are kept here, all but the intensity."""
        return self.survey == "seeker_before" and bool(self.before)

    def whole(self, answers: Answers) -> Answers:
        """These answers with those that are kept from the earlier seat."""
        return self.before | answers if self.asks_again else answers

    def emotion(self, typed: Answers) -> str:
        """The seeker's emotion inside a sentence, from before the conversation or as just chosen; "" if unknown."""
        return emotion_in_words(self.protocol, self.before.get(EMOTION) or typed.get(EMOTION))

    def change(self, answers: Answers) -> Change | None:
        """How the feeling changed by these answers; None where one of the two intensities is not known."""
        before, now = self.before.get(INITIAL), answers.get(FINAL)
        if self.survey != "seeker_after" or before is None or now is None:
            return None
        return Change(
            before=before,
            before_word=self._word("seeker_before", INITIAL, before),
            now=now,
            now_word=self._word("seeker_after", FINAL, now),
        )

    def _word(self, survey: SurveyName, key: str, score: int) -> str:
        item = next(item for item in self.protocol.surveys.items(survey) if item.key == key)
        return self.protocol.scale_word(item.scale or "", score)


def questionnaire_at(seat: Seat, survey: SurveyName, protocol: Protocol) -> Questionnaire:
    """That survey as it is asked at that seat now."""
    if survey == "seeker_before":
        return Questionnaire(protocol, survey, before=_before(seat.instead_of_id))
    if survey == "supporter_after":
        return Questionnaire(protocol, survey)
    conversation = conversation_at(seat)
    due = conversation.feedback_due if conversation else None
    return Questionnaire(
        protocol,
        survey,
        before=_before(seat.pk),
        rating=RatingDue(conversation.pk, due) if conversation and due is not None else None,
    )


def _before(seat_id: int | None) -> Answers:
    """What was answered at that seat before the conversation; nothing where there is no such seat."""
    given = SurveyResponse.objects.given().filter(seat_id=seat_id, survey="seeker_before").first() if seat_id else None
    return given.answers if given else {}


def rating_item(protocol: Protocol) -> Item:
    """The rating of the partner's last messages, asked like a survey's question."""
    rules = protocol.feedback
    asked = Item(
        key="feedback",
        kind="scale",
        scale=rules.scale,
        question=rules.question,
        echo=_("You found your partner's last messages {word}: {score} of 5."),
        required=rules.required,
    )
    return asked.model_copy(update={"key": RATING})
