from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from esc.errors import Refusal
from esc.ontology import Outcome, Role
from esc.participants import services as participants
from esc.participants.journey import Page, Training
from esc.studies.loading import default_protocol_text
from esc.studies.models import Study
from esc.studies.services import open_study
from tests.people import Person
from tests.tutorial.exam import QUESTIONS, answer, begin, newcomer, place, shown, sit, trainee
from tutorial import loading
from tutorial.loading import load_content
from tutorial.models import ExamAttempt, ExamQuestion
from tutorial.resets import reset_training
from tutorial.services import answer_question, attempts_left, begin_attempt, show_question

Later = Callable[[int], None]
COOL_DOWN, TIME_LIMIT = 120, 3600


def give(person: Person, question: ExamQuestion, option: int = 0) -> ExamAttempt:
    return answer_question(
        sitting_id=person.sitting_id, attempt_id=question.attempt_id, number=question.number, option=option
    )


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refused:
        action()
    return refused.value.code


def fail(person: Person, later: Later) -> None:
    sit(person, wrong=QUESTIONS)
    later(COOL_DOWN)


def test_an_attempt_asks_about_every_stage_and_strategy(tess: Person) -> None:
    content = load_content("en")
    asked = {question.lesson for question in begin(tess).questions.all()}
    assert {*content.topics("stage").values(), *content.topics("strategy").values()} <= asked
    assert ExamQuestion.objects.count() == QUESTIONS


def test_coming_back_or_a_second_tab_shows_the_same_attempt_and_question(tess: Person) -> None:
    first, second = begin(tess), begin(tess)
    assert first.pk == second.pk
    one, other = shown(tess), shown(tess)
    assert (one.pk, one.options, one.shown_at) == (other.pk, other.options, other.shown_at)
    assert ExamAttempt.objects.count() == 1


def test_everything_that_was_asked_is_stored(tess: Person, later: Later) -> None:
    attempt = begin(tess)
    question = shown(tess)
    later(17)
    give(tess, question, place(question))
    question.refresh_from_db()
    assert attempt.bank_version == load_content("en").version
    assert sorted(question.options) == sorted(ExamQuestion.objects.get(pk=question.pk).options)
    assert question.answer == question.right_answer
    assert question.right is True
    assert question.took is not None
    assert 17 <= question.took.total_seconds() < 30
    assert question.shown["ask"]
    assert question.shown["talk"]


def test_a_pass_is_stored_and_opens_the_lobby(tess: Person) -> None:
    attempt = sit(tess, wrong=2)
    assert (attempt.score, attempt.passed, attempt.out_of_time) == (11, True, False)
    assert tess.sitting.participant.training == Training.PASSED
    assert tess.page is Page.LOBBY


def test_a_failed_attempt_leaves_the_person_in_training_with_a_new_one_after_a_while(
    tess: Person, later: Later
) -> None:
    first = sit(tess, wrong=3)
    assert (first.score, first.passed) == (10, False)
    assert (tess.page, attempts_left(tess.sitting)) == (Page.TRAINING, 2)
    assert code_of(lambda: begin(tess)) == "cool_down"
    later(COOL_DOWN)
    assert begin(tess).number == 2


def test_the_next_attempt_asks_other_questions_where_there_are_any(tess: Person, later: Later) -> None:
    fail(tess, later)
    begin(tess)
    first, second = (
        {question.question for question in attempt.questions.all()}
        for attempt in ExamAttempt.objects.order_by("number")
    )
    assert not first & second


def test_the_last_failed_attempt_ends_the_sitting_as_failed_training(tess: Person, later: Later) -> None:
    for _ in range(3):
        fail(tess, later)
    assert tess.page is Page.FINISH
    assert tess.sitting.outcome == Outcome.FAILED_TRAINING
    assert tess.sitting.participant.training == Training.FAILED
    assert code_of(lambda: begin(tess)) == "out_of_order"


def test_the_last_attempt_can_still_be_passed(tess: Person, later: Later) -> None:
    for _ in range(2):
        fail(tess, later)
    sit(tess)
    assert tess.page is Page.LOBBY


def test_the_protocol_sets_the_numbers(study: Study) -> None:
    text = default_protocol_text().replace("pass_mark = 11", "pass_mark = 13").replace("attempts = 3", "attempts = 1")
    Study.objects.filter(pk=study.pk).update(draft=text)
    open_study(study_id=study.pk)
    tess = trainee(study)
    assert not sit(tess, wrong=1).passed
    assert tess.page is Page.FINISH


def test_lessons_come_before_the_examination(study: Study) -> None:
    assert code_of(lambda: begin(newcomer(study))) == "lessons_first"


# --- What is refused changes nothing ----------------------------------------------------------------------------------


def test_answering_twice_keeps_the_first_answer(tess: Person) -> None:
    begin(tess)
    question = shown(tess)
    give(tess, question, place(question, right=False))
    assert code_of(lambda: give(tess, question, place(question))) == "answered"
    question.refresh_from_db()
    assert question.right is False
    assert shown(tess).number == 2


@pytest.mark.parametrize("number", [2, 13, 14, 0, -1])
def test_a_question_that_was_not_shown_takes_no_answer(tess: Person, number: int) -> None:
    begin(tess)
    question = shown(tess)
    question.number = number
    assert code_of(lambda: give(tess, question)) == "not_shown"
    assert not ExamQuestion.objects.exclude(answered_at=None).exists()


def test_the_first_question_is_not_answered_before_it_is_shown(tess: Person) -> None:
    attempt = begin(tess)
    first = attempt.questions.order_by("number")[0]
    assert code_of(lambda: give(tess, first)) == "not_shown"


@pytest.mark.parametrize("option", [-1, 8, 99])
def test_an_option_that_there_is_not_is_refused(tess: Person, option: int) -> None:
    begin(tess)
    assert code_of(lambda: give(tess, shown(tess), option)) == "no_such_option"
    assert shown(tess).number == 1


def test_after_the_time_the_attempt_is_marked_without_the_late_answer(tess: Person, later: Later) -> None:
    begin(tess)
    for _ in range(12):
        answer(tess)
    question = shown(tess)
    later(TIME_LIMIT)
    attempt = give(tess, question, place(question))
    assert (attempt.score, attempt.passed, attempt.out_of_time) == (12, True, True)
    question.refresh_from_db()
    assert question.answered_at is None
    assert code_of(lambda: give(tess, question)) == "too_late"


def test_an_attempt_that_ran_out_while_nobody_looked_is_marked_at_the_next_visit(tess: Person, later: Later) -> None:
    begin(tess)
    answer(tess)
    later(TIME_LIMIT)
    assert show_question(sitting_id=tess.sitting_id) is None
    attempt = ExamAttempt.objects.get()
    assert (attempt.score, attempt.passed, attempt.out_of_time) == (1, False, True)
    assert attempts_left(tess.sitting) == 2


def test_an_attempt_that_was_handed_in_takes_no_answers(tess: Person, later: Later) -> None:
    sit(tess, wrong=13)
    last = ExamQuestion.objects.order_by("number")[12]
    assert code_of(lambda: give(tess, last)) == "handed_in"
    later(COOL_DOWN)
    begin(tess)
    assert code_of(lambda: give(tess, last)) == "handed_in"


def test_nobody_answers_for_somebody_else(study: Study, tess: Person, sam: Person) -> None:
    begin(tess)
    question = shown(tess)
    mallory = trainee(study)
    begin(mallory)
    assert code_of(lambda: give(mallory, question)) == "not_yours"
    assert code_of(lambda: give(sam, question)) == "not_yours"
    question.refresh_from_db()
    assert question.answered_at is None


def test_seekers_and_trained_supporters_cannot_begin_an_attempt(sam: Person, pat: Person) -> None:
    assert code_of(lambda: begin(sam)) == "out_of_order"
    assert code_of(lambda: begin(pat)) == "out_of_order"
    assert not ExamAttempt.objects.exists()


def test_whoever_used_all_attempts_in_an_earlier_sitting_has_none_in_a_new_one(
    study: Study, tess: Person, later: Later
) -> None:
    for _ in range(3):
        fail(tess, later)
    link = study.links.create(label="again", role=Role.SUPPORTER)
    again = participants.arrive(link=link, person="", submission="new", known=tess.sitting.participant_id)
    assert again.pk != tess.sitting_id
    assert attempts_left(again) == 0
    assert code_of(lambda: begin_attempt(sitting_id=again.pk)) == "no_attempts_left"


def test_edited_files_change_nothing_for_an_attempt_under_way(tess: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(tess)
    before = shown(tess)
    texts = {path.name: path.read_text() for path in (loading.FOLDER / "en").glob("*.toml")}
    newer = loading.parse_content(
        {name: text.replace('version = "2026-', 'version = "2027-') for name, text in texts.items()}
    )
    monkeypatch.setattr("tutorial.fitting.load_content", lambda name: newer)
    assert shown(tess).shown == before.shown
    for _ in range(QUESTIONS):
        attempt = answer(tess)
    assert attempt.score == QUESTIONS
    assert attempt.bank_version.startswith("2026-")


def test_the_database_itself_keeps_attempts_single_and_marked(tess: Person) -> None:
    attempt = begin(tess)
    with pytest.raises(IntegrityError), transaction.atomic():
        ExamAttempt.objects.create(
            participant=attempt.participant, number=2, bank_version="1", closes_at=attempt.closes_at
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        ExamAttempt.objects.filter(pk=attempt.pk).update(score=8)
    with pytest.raises(IntegrityError), transaction.atomic():
        ExamQuestion.objects.filter(attempt=attempt).update(right=True)


# --- Resets -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def researcher(db: None) -> User:
    return User.objects.create_superuser("researcher")


def reset(person: Person, researcher: User, reason: str = "The page was broken.") -> None:
    reset_training(participant_id=person.sitting.participant_id, reason=reason, user_id=researcher.pk)


def test_a_reset_gives_all_attempts_back_and_reopens_the_sitting(tess: Person, later: Later, researcher: User) -> None:
    for _ in range(3):
        fail(tess, later)
    reset(tess, researcher)
    assert (tess.page, attempts_left(tess.sitting)) == (Page.TRAINING, 3)
    stored = tess.sitting.participant.training_resets.get()
    assert (stored.was, stored.after_attempt, stored.reason) == ("failed", 3, "The page was broken.")
    assert sit(tess).number == 4
    assert tess.page is Page.LOBBY


def test_a_reset_ends_the_cool_down(tess: Person, researcher: User) -> None:
    sit(tess, wrong=13)
    reset(tess, researcher)
    assert begin(tess).number == 2


def test_a_reset_needs_a_reason_and_somebody_in_training(tess: Person, sam: Person, researcher: User) -> None:
    assert code_of(lambda: reset(tess, researcher, reason="  ")) == "no_reason"
    assert code_of(lambda: reset(sam, researcher)) == "not_in_training"


# --- Tabs at the same moment ------------------------------------------------------------------------------------------


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
def test_tabs_that_begin_at_the_same_moment_share_one_attempt(study: Study) -> None:
    tess = trainee(study)
    assert _at_once(lambda: begin(tess), 4) == ["done"] * 4
    assert ExamAttempt.objects.count() == 1
    assert ExamQuestion.objects.count() == QUESTIONS


@pytest.mark.django_db(transaction=True)
def test_tabs_that_answer_at_the_same_moment_count_once(study: Study) -> None:
    tess = trainee(study)
    begin(tess)
    question = shown(tess)
    assert Counter(_at_once(lambda: give(tess, question), 4)) == {"done": 1, "answered": 3}
    assert shown(tess).number == 2
