from __future__ import annotations

from random import Random

import pytest

from esc.errors import Refusal
from tutorial.quiz import Mark, check_answers, draw, mark, unanswered

KEY = {"a": "Question", "b": "Information", "c": "Others", "d": "Question"}
OPTIONS = ["Question", "Information", "Others"]
ASKED = ["c", "a", "b"]
RIGHT = {"a": "Question", "b": "Information", "c": "Others"}


@pytest.mark.parametrize("seed", range(10))
def test_every_strategy_is_asked_once(seed: int) -> None:
    assert sorted(KEY[question] for question in draw(KEY, Random(seed))) == sorted(OPTIONS)


def test_the_order_and_the_question_of_a_strategy_are_drawn() -> None:
    drawn = {tuple(draw(KEY, Random(seed))) for seed in range(200)}
    assert len(drawn) == 12  # 3! orders, and two questions to choose from


def test_the_same_seed_draws_the_same() -> None:
    assert draw(KEY, Random(7)) == draw(KEY, Random(7))


@pytest.mark.parametrize(
    ("answers", "pass_mark", "expected"),
    [
        (RIGHT, 3, Mark(score=3, passed=True)),
        (RIGHT | {"a": "Others"}, 3, Mark(score=2, passed=False)),
        (RIGHT | {"a": "Others"}, 2, Mark(score=2, passed=True)),
        (dict.fromkeys(ASKED, "Others"), 2, Mark(score=1, passed=False)),
        ({"a": "Others", "b": "Question", "c": "Information"}, 1, Mark(score=0, passed=False)),
        (RIGHT | {"d": "Question"}, 3, Mark(score=3, passed=True)),  # never asked, never counted
        ({}, 1, Mark(score=0, passed=False)),
    ],
)
def test_marking(answers: dict[str, str], pass_mark: int, expected: Mark) -> None:
    assert mark(KEY, ASKED, answers, pass_mark=pass_mark) == expected


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({}, "unanswered"),
        ({"a": "Question", "b": "Information"}, "unanswered"),
        (RIGHT | {"a": ""}, "unanswered"),
        (RIGHT | {"a": "Advice"}, "no_such_strategy"),
        (RIGHT | {"a": "question"}, "no_such_strategy"),
        (RIGHT | {"a": "Quest\x00ion"}, "no_such_strategy"),
        (RIGHT | {"d": "Question"}, "not_asked"),
        (RIGHT | {"": "Question"}, "not_asked"),
    ],
)
def test_answers_that_do_not_fit_are_refused(answers: dict[str, str], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_answers(ASKED, OPTIONS, answers)
    assert refused.value.code == code


def test_complete_answers_are_accepted_right_or_wrong() -> None:
    check_answers(ASKED, OPTIONS, RIGHT)
    check_answers(ASKED, OPTIONS, dict.fromkeys(ASKED, "Others"))


def test_a_refusal_counts_what_is_missing() -> None:
    with pytest.raises(Refusal, match="One question"):
        check_answers(ASKED, OPTIONS, {"a": "Question", "b": "Others"})
    with pytest.raises(Refusal, match="2 questions"):
        check_answers(ASKED, OPTIONS, {"a": "Question"})


def test_unanswered_questions_are_named_in_the_order_asked() -> None:
    assert unanswered(ASKED, {"a": "Question", "b": ""}) == ["c", "b"]
