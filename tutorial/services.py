"""The supporter's gate: begin an attempt at the examination, hand it in, and be let through or not."""

from __future__ import annotations

import random
from collections.abc import Mapping
from http import HTTPStatus

from django.db import transaction
from django.utils import timezone

from esc.errors import Refusal
from esc.participants.journey import Page, next_page
from esc.participants.models import Sitting
from esc.participants.services import finish_training
from tutorial import quiz
from tutorial.bank import Bank, bank_for
from tutorial.models import ExamAttempt


def attempts_left(sitting: Sitting) -> int:
    """How many attempts this person may still hand in, over all their sittings: none once the gate is decided."""
    if sitting.participant.training:
        return 0
    return max(0, sitting.protocol.training.attempts - sitting.participant.exam_attempts.handed_in().count())


@transaction.atomic
def start_or_resume_attempt(*, sitting_id: int) -> ExamAttempt:
    """The attempt this person is at: the one under way with its order of questions, else a new one.

    However many tabs ask, there is one. An attempt drawn from an older version of the questions is drawn anew.
    Refuses (`out_of_order`) whoever is not in training and (`no_attempts_left`) whoever has used them all.
    """
    sitting = _locked(sitting_id)
    _require_training(sitting)
    bank = bank_for(sitting.protocol)
    attempts = sitting.participant.exam_attempts
    attempt = attempts.under_way().first() or ExamAttempt(
        participant=sitting.participant, number=attempts.handed_in().count() + 1
    )
    if attempt.bank_version != bank.version:
        _draw(attempt, bank)
    return attempt


@transaction.atomic
def submit_attempt(*, sitting_id: int, attempt_id: int, answers: Mapping[str, str]) -> ExamAttempt:
    """The attempt is marked and stored, once. A pass opens the way to the chat; the last failed one ends the sitting.

    Refuses somebody else's attempt (`not_yours`), one that has been marked (`handed_in`), one whose questions have
    changed since (`examination_changed`), and answers that are not exactly one strategy for each question asked.
    """
    sitting = _locked(sitting_id)
    attempt = sitting.participant.exam_attempts.filter(pk=attempt_id).first()
    if attempt is None:
        raise Refusal("not_yours", "This attempt is not one of yours.", status=HTTPStatus.FORBIDDEN)
    if attempt.submitted_at:
        raise Refusal("handed_in", "This attempt has been handed in already. Its result stays as it is.")
    _require_training(sitting)
    bank = bank_for(sitting.protocol)
    if attempt.bank_version != bank.version:
        raise Refusal(
            "examination_changed",
            "The questions have changed since you opened this page. Please look through them and hand in again.",
        )
    quiz.check_answers(attempt.questions, sitting.protocol.strategy_names, answers)
    _mark(attempt, bank, answers, pass_mark=sitting.protocol.training.pass_mark)
    if attempt.passed or not attempts_left(sitting):
        finish_training(sitting_id=sitting.pk, passed=bool(attempt.passed))
    return attempt


def _draw(attempt: ExamAttempt, bank: Bank) -> None:
    attempt.bank_version = bank.version
    attempt.questions = quiz.draw(bank.key, random.SystemRandom())
    attempt.save()


def _mark(attempt: ExamAttempt, bank: Bank, answers: Mapping[str, str], *, pass_mark: int) -> None:
    result = quiz.mark(bank.key, attempt.questions, answers, pass_mark=pass_mark)
    attempt.answers = {question: answers[question] for question in attempt.questions}
    attempt.score, attempt.passed = result.score, result.passed
    attempt.submitted_at = timezone.now()
    attempt.save()


def _require_training(sitting: Sitting) -> None:
    if next_page(sitting.facts) is not Page.TRAINING:
        raise Refusal("out_of_order", "The examination is not your next step. Please go on from the page you are on.")
    if not attempts_left(sitting):
        raise Refusal("no_attempts_left", "You have used all your attempts at the examination.")


def _locked(sitting_id: int) -> Sitting:
    """The sitting, locked: a person has one open sitting, so two tabs of theirs stand in line here."""
    return (
        Sitting.objects.select_for_update(of=("self",))
        .select_related("participant__study", "protocol_version")
        .get(pk=sitting_id)
    )
