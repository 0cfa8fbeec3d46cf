"""The examination: begin an attempt, look at its question, answer it, and be let through or not.

Every function stands in line at the person's locked sitting, so that two tabs of theirs are one person.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from http import HTTPStatus

from django.db import transaction
from django.utils import timezone

from esc.errors import Refusal
from esc.participants.journey import Page, next_page
from esc.participants.models import Sitting
from esc.participants.services import finish_training
from tutorial import quiz
from tutorial.fitting import content_for
from tutorial.lessons import lessons_left
from tutorial.loading import Content
from tutorial.models import ExamAttempt, ExamQuestion
from tutorial.shape import Item

OVER = "The time for this attempt is over. What you had answered by then was marked."


def attempts_left(sitting: Sitting) -> int:
    """How many attempts this person may still hand in, over all their sittings: none once the gate is decided."""
    if sitting.participant.training:
        return 0
    reset = sitting.participant.training_resets.last()
    counted = sitting.participant.exam_attempts.handed_in().filter(number__gt=reset.after_attempt if reset else 0)
    return max(0, sitting.protocol.training.attempts - counted.count())


def opens_at(sitting: Sitting, now: datetime) -> datetime | None:
    """When the next attempt may begin, if not now: some time after the last one, for reading again."""
    last = sitting.participant.exam_attempts.handed_in().last()
    reset = sitting.participant.training_resets.last()
    if last is None or last.submitted_at is None or (reset and reset.after_attempt >= last.number):
        return None
    opens = last.submitted_at + timedelta(seconds=sitting.protocol.training.cool_down)
    return opens if opens > now else None


@transaction.atomic
def begin_attempt(*, sitting_id: int) -> ExamAttempt:
    """The attempt this person is at: the one under way, else a new one. However many tabs ask, there is one.

    Refuses whoever is not in training (`out_of_order`), has lessons left (`lessons_first`), has used up the attempts
    (`no_attempts_left`) or failed a moment ago (`cool_down`).
    """
    sitting = _locked(sitting_id)
    _require_training(sitting)
    if attempt := under_way(sitting):
        return attempt
    _require_may_begin(sitting)
    content, now = content_for(sitting.protocol), timezone.now()
    last = sitting.participant.exam_attempts.last()
    attempt = ExamAttempt.objects.create(
        participant=sitting.participant,
        number=last.number + 1 if last else 1,
        bank_version=content.version,
        closes_at=now + timedelta(seconds=sitting.protocol.training.time_limit),
    )
    _draw(attempt, sitting, content)
    return attempt


def under_way(sitting: Sitting) -> ExamAttempt | None:
    return sitting.participant.exam_attempts.under_way().first()


@transaction.atomic
def show_question(*, sitting_id: int) -> ExamQuestion | None:
    """The one question to answer now, which counts as shown from here on; None where no attempt is under way.

    Leaving and coming back shows the same one. An attempt whose time has run out is marked first, as it stands.
    """
    sitting = _locked(sitting_id)
    now = timezone.now()
    attempt = under_way(sitting)
    if attempt is None:
        return None
    question = attempt.current
    if question is None or attempt.is_over(now):
        _hand_in(sitting, attempt, now)
        return None
    if question.shown_at is None:
        question.shown_at = now
        question.save(update_fields=["shown_at"])
    return question


@transaction.atomic
def answer_question(*, sitting_id: int, attempt_id: int, number: int, option: int) -> ExamAttempt:
    """The shown question has this answer (an option's place, from 0), once; the last one hands the attempt in.

    Refuses, and changes nothing: another person's attempt (`not_yours`), one that was handed in (`handed_in`), a
    question answered before (`answered`), one that was not shown (`not_shown`), and no such option (`no_such_option`).
    After the time (`too_late`) the attempt is marked as it stood, without this answer.
    """
    sitting = _locked(sitting_id)
    attempt = sitting.participant.exam_attempts.filter(pk=attempt_id).first()
    if attempt is None:
        raise Refusal("not_yours", "This attempt is not one of yours.", status=HTTPStatus.FORBIDDEN)
    now = timezone.now()
    _require_open(attempt)
    if attempt.is_over(now):
        _hand_in(sitting, attempt, now)
        return attempt
    question = _shown(attempt, number)
    if not 0 <= option < len(question.options):
        raise Refusal("no_such_option", "Please choose one of the answers.")
    question.answer, question.answered_at = question.options[option], now
    question.right = question.answer == question.right_answer
    question.save(update_fields=["answer", "answered_at", "right"])
    if attempt.current is None:
        _hand_in(sitting, attempt, now)
    return attempt


def end_training(sitting: Sitting, *, passed: bool) -> Page:
    """The gate is decided; what is paid for the training depends on the attempts that were handed in."""
    attempts = sitting.participant.exam_attempts.handed_in().count()
    return finish_training(sitting_id=sitting.pk, passed=passed, attempts=attempts)


def lessons_to_reread(attempt: ExamAttempt, content: Content) -> list[str]:
    """The slugs of the lessons that would help before the next attempt."""
    answers = [
        quiz.Answered(question.lesson, question.answer, bool(question.right)) for question in attempt.questions.all()
    ]
    return quiz.to_reread(answers, content.topics("strategy") | content.topics("stage"), list(content.files))


def _draw(attempt: ExamAttempt, sitting: Sitting, content: Content) -> None:
    """Questions for this attempt, those that the person has not seen first; each is kept as it will be shown."""
    rng, protocol = random.SystemRandom(), sitting.protocol
    seen = Counter(
        ExamQuestion.objects.filter(attempt__participant=sitting.participant, shown_at__isnull=False).values_list(
            "question", flat=True
        )
    )
    core = {*content.topics("strategy").values(), *content.topics("stage").values()}
    stages = [stage.name.value for stage in protocol.stages]
    for number, drawn in enumerate(quiz.draw(content.lesson_of, core, protocol.training.questions, seen, rng), start=1):
        item = content.bank[drawn]
        options, right = quiz.options_of(item, protocol.strategy_names, stages, rng)
        ExamQuestion.objects.create(
            attempt=attempt,
            number=number,
            question=drawn,
            lesson=content.lesson_of[drawn],
            kind=item.kind,
            shown=_as_shown(item, content),
            options=options,
            right_answer=right,
        )


def _as_shown(item: Item, content: Content) -> dict[str, object]:
    """All that a page may know of a question, its options apart."""
    talk = [{"role": line.role.value, "text": line.text, "aim": line.aim} for line in item.talk]
    return {"ask": item.ask or getattr(content.shared.asks, item.kind), "talk": talk}


def _shown(attempt: ExamAttempt, number: int) -> ExamQuestion:
    question = attempt.questions.filter(number=number).first()
    if question is None or question.shown_at is None:
        raise Refusal("not_shown", "This question has not been asked yet. Please answer the one that is shown.")
    if question.answered_at is not None:
        raise Refusal("answered", "You have answered this question already. Your first answer stands.")
    return question


def _hand_in(sitting: Sitting, attempt: ExamAttempt, now: datetime) -> None:
    """The attempt is marked and stored. A pass opens the way to the chat; the last failed one ends the sitting."""
    training = sitting.protocol.training
    result = quiz.mark((bool(question.right) for question in attempt.questions.all()), pass_mark=training.pass_mark)
    attempt.score, attempt.passed, attempt.submitted_at = result.score, result.passed, now
    attempt.out_of_time = attempt.current is not None
    attempt.save(update_fields=["score", "passed", "submitted_at", "out_of_time"])
    if next_page(sitting.facts) is Page.TRAINING and (attempt.passed or not attempts_left(sitting)):
        end_training(sitting, passed=result.passed)


def _require_training(sitting: Sitting) -> None:
    if next_page(sitting.facts) is not Page.TRAINING:
        raise Refusal("out_of_order", "The examination is not your next step. Please go on from the page you are on.")


def _require_may_begin(sitting: Sitting) -> None:
    if lessons_left(sitting, content_for(sitting.protocol)):
        raise Refusal("lessons_first", "Please finish all the lessons before the examination.")
    if not attempts_left(sitting):
        raise Refusal("no_attempts_left", "You have used all your attempts at the examination.")
    if opens_at(sitting, timezone.now()):
        raise Refusal("cool_down", "The next attempt opens a little later. Please read the lessons again meanwhile.")


def _require_open(attempt: ExamAttempt) -> None:
    if attempt.out_of_time:
        raise Refusal("too_late", OVER)
    if attempt.submitted_at:
        raise Refusal("handed_in", "This attempt has been handed in already. Its result stays as it is.")


def _locked(sitting_id: int) -> Sitting:
    """The sitting, locked: a person has one open sitting, so two tabs of theirs stand in line here."""
    return (
        Sitting.objects.select_for_update(of=("self",))
        .select_related("participant__study", "protocol_version")
        .get(pk=sitting_id)
    )
