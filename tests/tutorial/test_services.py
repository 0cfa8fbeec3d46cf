from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction

from esc.errors import Refusal
from esc.ontology import Outcome, Role
from esc.participants import services as participants
from esc.participants.journey import Page, Training
from esc.studies.loading import default_protocol_text
from esc.studies.models import Study
from esc.studies.services import open_study
from tests.people import Person
from tests.tutorial.exam import answers, begin, trainee
from tutorial import bank
from tutorial.models import ExamAttempt
from tutorial.services import attempts_left, start_or_resume_attempt, submit_attempt


def submit(person: Person, attempt: ExamAttempt, given: dict[str, str] | None = None, *, wrong: int = 0) -> ExamAttempt:
    """Hand in what is given, else all answers, that many of them wrong."""
    return submit_attempt(
        sitting_id=person.sitting_id, attempt_id=attempt.pk, answers=given or answers(attempt, wrong=wrong)
    )


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refused:
        action()
    return refused.value.code


@pytest.fixture
def tess(study: Study) -> Person:
    """A supporter in training."""
    return trainee(study)


def test_an_attempt_asks_every_question_once(tess: Person) -> None:
    assert sorted(begin(tess).questions) == sorted(bank.the_bank().key)


def test_coming_back_or_a_second_tab_shows_the_same_attempt_in_the_same_order(tess: Person) -> None:
    first, second = begin(tess), begin(tess)
    assert (first.pk, first.number, first.questions) == (second.pk, 1, second.questions)
    assert ExamAttempt.objects.count() == 1


def test_a_pass_is_stored_and_opens_the_lobby(tess: Person) -> None:
    attempt = submit(tess, begin(tess), wrong=1)
    attempt.refresh_from_db()
    assert (attempt.score, attempt.passed) == (7, True)
    assert attempt.submitted_at is not None
    assert attempt.answers == answers(attempt, wrong=1)
    assert tess.sitting.participant.training == Training.PASSED
    assert tess.page is Page.LOBBY


def test_a_failed_attempt_leaves_the_person_in_training_with_a_new_one(tess: Person) -> None:
    first = submit(tess, begin(tess), wrong=2)
    assert (first.score, first.passed) == (6, False)
    assert tess.page is Page.TRAINING
    assert attempts_left(tess.sitting) == 2
    second = begin(tess)
    assert (second.number, second.answers) == (2, {})


def test_the_last_failed_attempt_ends_the_sitting_as_failed_training(tess: Person) -> None:
    for _ in range(3):
        submit(tess, begin(tess), wrong=8)
    assert tess.page is Page.FINISH
    assert tess.sitting.outcome == Outcome.FAILED_TRAINING
    assert tess.sitting.participant.training == Training.FAILED
    assert code_of(lambda: begin(tess)) == "out_of_order"


def test_the_last_attempt_can_still_be_passed(tess: Person) -> None:
    for wrong in (8, 8, 0):
        submit(tess, begin(tess), wrong=wrong)
    assert tess.page is Page.LOBBY


def test_the_protocol_sets_pass_mark_and_attempts(study: Study) -> None:
    text = default_protocol_text().replace("pass_mark = 7", "pass_mark = 8").replace("attempts = 3", "attempts = 1")
    Study.objects.filter(pk=study.pk).update(draft=text)
    open_study(study_id=study.pk)
    tess = trainee(study)
    assert not submit(tess, begin(tess), wrong=1).passed
    assert tess.page is Page.FINISH


def test_handing_in_twice_counts_once(tess: Person) -> None:
    attempt = begin(tess)
    submit(tess, attempt, wrong=3)
    assert code_of(lambda: submit(tess, attempt)) == "handed_in"
    attempt.refresh_from_db()
    assert attempt.score == 5
    assert tess.page is Page.TRAINING


def test_an_old_tab_cannot_hand_in_for_the_attempt_after_it(tess: Person) -> None:
    old = begin(tess)
    submit(tess, old, wrong=3)
    new = begin(tess)
    assert code_of(lambda: submit(tess, old)) == "handed_in"
    new.refresh_from_db()
    assert new.submitted_at is None


def test_handing_in_twice_after_a_pass_says_so_too(tess: Person) -> None:
    attempt = begin(tess)
    submit(tess, attempt)
    assert code_of(lambda: submit(tess, attempt)) == "handed_in"


@pytest.mark.parametrize("code", ["unanswered", "not_asked", "no_such_strategy"])
def test_refused_answers_change_nothing(tess: Person, code: str) -> None:
    attempt = begin(tess)
    given = answers(attempt)
    match code:
        case "unanswered":
            given.pop(attempt.questions[0])
        case "not_asked":
            given["another"] = "Question"
        case _:
            given[attempt.questions[0]] = "Advice"
    assert code_of(lambda: submit(tess, attempt, given)) == code
    attempt.refresh_from_db()
    assert (attempt.submitted_at, attempt.score, attempt.answers) == (None, None, {})


def test_nobody_hands_in_somebody_elses_attempt(study: Study, tess: Person, sam: Person) -> None:
    attempt = begin(tess)
    mallory = trainee(study)
    begin(mallory)
    assert code_of(lambda: submit(mallory, attempt)) == "not_yours"
    assert code_of(lambda: submit(sam, attempt)) == "not_yours"
    attempt.refresh_from_db()
    assert attempt.submitted_at is None
    assert mallory.page is Page.TRAINING


def test_seekers_and_trained_supporters_cannot_begin_an_attempt(sam: Person, pat: Person) -> None:
    assert code_of(lambda: begin(sam)) == "out_of_order"
    assert code_of(lambda: begin(pat)) == "out_of_order"
    assert not ExamAttempt.objects.exists()


def test_whoever_used_all_attempts_in_an_earlier_sitting_has_none_in_a_new_one(study: Study, tess: Person) -> None:
    for _ in range(3):
        submit(tess, begin(tess), wrong=8)
    link = study.links.create(label="again", role=Role.SUPPORTER)
    again = participants.arrive(link=link, person="", submission="new", known=tess.sitting.participant_id)
    assert again.pk != tess.sitting_id
    assert attempts_left(again) == 0
    assert code_of(lambda: start_or_resume_attempt(sitting_id=again.pk)) == "no_attempts_left"


def test_a_new_version_of_the_questions_draws_the_attempt_under_way_anew(
    tess: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = begin(tess)
    old = bank.the_bank()
    renamed = [question.model_copy(update={"id": f"new-{question.id}"}) for question in old.questions]
    newer = old.model_copy(update={"version": "newer", "questions": renamed})
    monkeypatch.setattr(bank, "the_bank", lambda: newer)
    stale = dict.fromkeys(attempt.questions, "Question")
    assert code_of(lambda: submit(tess, attempt, stale)) == "examination_changed"
    drawn = begin(tess)
    assert (drawn.pk, drawn.number, drawn.bank_version) == (attempt.pk, 1, "newer")
    assert set(drawn.questions) == {question.id for question in renamed}


def test_the_database_itself_keeps_attempts_single_and_marked(tess: Person) -> None:
    attempt = begin(tess)
    person = tess.sitting.participant
    with pytest.raises(IntegrityError), transaction.atomic():
        ExamAttempt.objects.create(participant=person, number=2, bank_version="1", questions=[])
    with pytest.raises(IntegrityError), transaction.atomic():
        ExamAttempt.objects.filter(pk=attempt.pk).update(score=8)


def test_two_people_are_marked_apart(study: Study, tess: Person) -> None:
    other = trainee(study)
    submit(tess, begin(tess), wrong=8)
    submit(other, begin(other))
    assert (tess.page, other.page) == (Page.TRAINING, Page.LOBBY)
    assert (attempts_left(tess.sitting), attempts_left(other.sitting)) == (2, 0)


def _at_once(action: Callable[[], object], times: int) -> list[str]:
    """What became of the action done in that many threads at the same moment: "done", or a refusal's code."""
    gate, results = threading.Barrier(times), []

    def act() -> None:
        gate.wait()
        try:
            action()
            results.append("done")
        except Refusal as refusal:
            results.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


@pytest.mark.django_db(transaction=True)
def test_tabs_that_open_at_the_same_moment_share_one_attempt(study: Study) -> None:
    tess = trainee(study)
    assert _at_once(lambda: begin(tess), 4) == ["done"] * 4
    assert ExamAttempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_tabs_that_hand_in_at_the_same_moment_count_once(study: Study) -> None:
    tess = trainee(study)
    attempt = begin(tess)
    assert _at_once(lambda: submit(tess, attempt, wrong=4), 4) == ["done"] + ["handed_in"] * 3
    assert attempts_left(tess.sitting) == 2
