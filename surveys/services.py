"""What happens to a person's answers: kept as a draft, handed in once, the change in between confirmed in words."""

from __future__ import annotations

from http import HTTPStatus

from django.db import transaction
from django.utils import timezone

from chat.services import give_feedback
from esc.background import wake_on_commit
from esc.errors import Refusal
from esc.ontology import Role
from esc.participants.journey import Page, next_page
from esc.participants.models import Seat, Sitting
from esc.participants.services import finish_step
from esc.safety.screening import screen
from esc.safety.services import watch_answers
from esc.studies.schema import SurveyName
from surveys.answers import Answers, Fault, Raw, cannot_be_kept, check_answers, draft_of, open_answers
from surveys.models import SurveyResponse
from surveys.questionnaire import FINAL, INITIAL, RATING, STEPS, Questionnaire, questionnaire_at


class Incomplete(Refusal):
    """Some answers are missing or cannot be taken: `faults` holds item key → what is wrong."""

    def __init__(self, faults: dict[str, Fault]) -> None:
        super().__init__(
            "incomplete",
            "Please look at these questions again. Everything you wrote is kept.",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )
        self.faults = faults


def save_draft(*, sitting_id: int, survey: SurveyName, answers: Raw, seat_id: int | None = None) -> bool:
    """What is filled in so far is kept, half sentences too; what is not among `answers` stays as it was kept.

    Comes back with whether it speaks of danger to life. Nobody is told of a draft: the page alone shows where help is.

    Keys that belong to no item are ignored. A text that cannot be stored, or is far too long, is refused (`bad_text`)
    after everything else was kept. Refuses as `submit_survey` does; nothing is kept after that was done.
    """
    with transaction.atomic():
        response, questionnaire = _open(sitting_id, survey, seat_id)
        _keep(response, questionnaire, answers)
    if cannot_be_kept(questionnaire.items, answers):
        raise Refusal(
            "bad_text",
            "One of your answers is far too long or holds a character that cannot be stored. Please change it.",
        )
    danger = questionnaire.protocol.danger
    return any(screen(text, danger) for text in open_answers(questionnaire.items, answers))


def submit_survey(*, sitting_id: int, survey: SurveyName, answers: Raw, seat_id: int | None = None) -> Page:
    """The answers are stored for good and the step is done, all or nothing. Comes back with the next page.

    A seeker's answers after the conversation only wait then for `confirm_change`: the page stays SURVEY_AFTER, and
    what the scale said first is kept. `seat_id` names the seat the form was shown for (None: the current one).
    Refuses a survey that was handed in already (`already_submitted`), one that is not this person's turn
    (`stale_form`), one of the other role (`not_yours`), and (Incomplete) answers that cannot be taken; what was typed
    is kept as a draft then.
    """
    with transaction.atomic():
        response, questionnaire = _open(sitting_id, survey, seat_id)
        _keep(response, questionnaire, answers)
        _watch(response, questionnaire, answers)
        checked = check_answers(questionnaire.protocol, questionnaire.items, answers)
        if not checked.faults:
            if questionnaire.change(checked.answers) is None:
                return _hand_in(sitting_id, response, questionnaire, checked.answers)
            response.first_answers = response.first_answers or {FINAL: checked.answers[FINAL]}
            response.save(update_fields=["first_answers"])
            return Page.SURVEY_AFTER
    raise Incomplete(checked.faults)


def confirm_change(*, sitting_id: int, score: int, seat_id: int | None = None) -> Page:
    """The seeker saw the change to this score in words and says that it is right: the kept answers are handed in.

    Where the kept score is another one by now (changed in a second tab), nothing happens and the page stays
    SURVEY_AFTER, so that the words are seen again. Refuses as `submit_survey` does.
    """
    with transaction.atomic():
        response, questionnaire = _open(sitting_id, "seeker_after", seat_id)
        checked = check_answers(questionnaire.protocol, questionnaire.items, response.draft)
        if not checked.faults:
            if checked.answers.get(FINAL) != score:
                return Page.SURVEY_AFTER
            return _hand_in(sitting_id, response, questionnaire, checked.answers)
    raise Incomplete(checked.faults)


def _open(sitting_id: int, survey: SurveyName, seat_id: int | None) -> tuple[SurveyResponse, Questionnaire]:
    """The person's row of that survey, open for answers; their sitting stays locked until the transaction ends."""
    sitting = (
        Sitting.objects.select_for_update(of=("self",))
        .select_related("participant__study", "protocol_version")
        .get(pk=sitting_id)
    )
    role, page = STEPS[survey]
    if sitting.role != role:
        raise Refusal("not_yours", "These questions belong to the other part.", status=HTTPStatus.FORBIDDEN)
    seat = sitting.current_seat
    if seat and _is_submitted(sitting, survey, seat_id or seat.pk):
        raise Refusal(
            "already_submitted",
            "You have already handed in these answers, and they are stored. Thank you! Nothing is left to do here.",
        )
    if seat is None or seat_id not in (None, seat.pk) or next_page(sitting.facts) is not page:
        raise Refusal("stale_form", "These questions are not where you are now. Please go on from your current page.")
    response, _ = SurveyResponse.objects.get_or_create(seat=seat, survey=survey)
    return response, questionnaire_at(seat, survey, sitting.protocol)


def _watch(response: SurveyResponse, questionnaire: Questionnaire, answers: Raw) -> None:
    """Danger to life in what the person sends is an alert, whether or not the rest can be taken."""
    sitting = response.seat.sitting
    assert sitting is not None, "only people send answers"
    watch_answers(sitting=sitting, texts=open_answers(questionnaire.items, answers))


def _is_submitted(sitting: Sitting, survey: SurveyName, seat_id: int) -> bool:
    seats = Seat.objects.filter(pk=seat_id, sitting__participant=sitting.participant_id)
    return SurveyResponse.objects.filter(seat__in=seats, survey=survey, submitted_at__isnull=False).exists()


def _keep(response: SurveyResponse, questionnaire: Questionnaire, answers: Raw) -> None:
    response.draft = response.draft | draft_of(questionnaire.protocol, questionnaire.items, answers)
    response.save(update_fields=["draft"])


def _hand_in(sitting_id: int, response: SurveyResponse, questionnaire: Questionnaire, answers: Answers) -> Page:
    score = answers.pop(RATING, None)
    if questionnaire.rating and score is not None:
        give_feedback(
            conversation_id=questionnaire.rating.conversation_id,
            role=Role.SEEKER,
            through=questionnaire.rating.through,
            score=score,
            after_end=True,
        )
    if questionnaire.asks_again:
        response.first_answers = {INITIAL: questionnaire.before[INITIAL]}
    response.answers, response.draft, response.submitted_at = questionnaire.whole(answers), {}, timezone.now()
    response.save(update_fields=["answers", "first_answers", "draft", "submitted_at"])
    _, page = STEPS[questionnaire.survey]
    if page is Page.SURVEY_AFTER:
        wake_on_commit("qc.judge_waiting")  # the verdict waits for this survey
    return finish_step(sitting_id=sitting_id, step=page)
