from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random
from statistics import correlation
from zoneinfo import ZoneInfo

import pytest

from tutorial.items import Asked, figures, point_biserial
from tutorial.overview import Applicant, Count, by_day


@pytest.mark.parametrize("seed", range(5))
def test_the_point_biserial_is_the_correlation_with_a_zero_or_one(seed: int) -> None:
    rng = Random(seed)
    rights = [rng.random() < 0.6 for _ in range(40)]
    rest = [rng.randint(0, 12) + 2 * right for right in rights]
    expected = correlation([float(right) for right in rights], [float(score) for score in rest])
    assert point_biserial(rights, rest) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rights", "rest"), [([], []), ([True, True], [1, 2]), ([False], [3]), ([True, False], [4, 4])]
)
def test_where_nothing_varies_there_is_no_discrimination(rights: list[bool], rest: list[float]) -> None:
    assert point_biserial(rights, rest) is None


def asked(attempt: int, question: str, right: bool | None, seconds: float | None = 10) -> Asked:
    return Asked(attempt, question, "lesson", "reply", right, seconds)


def test_a_question_is_correlated_with_the_rest_of_the_score_not_with_itself() -> None:
    rows = [asked(n, f"q{q}", right) for n, rights in enumerate(["110", "101", "000", "011"])
            for q, right in enumerate(mark == "1" for mark in rights)]  # fmt: skip
    first = figures(rows)[0]
    assert (first.question, first.shown, first.right, first.share, first.seconds) == ("q0", 4, 2, 0.5, 10)
    assert first.discrimination == pytest.approx(point_biserial([True, True, False, False], [1, 1, 0, 2]))


def test_what_was_shown_and_not_answered_counts_as_shown_alone() -> None:
    (found,) = figures([asked(1, "q", True, 4), asked(2, "q", False, 8), asked(3, "q", None, None)])
    assert (found.shown, found.answered, found.seconds) == (3, 2, 6)


def bunch(rights: str, others: str) -> list[Asked]:
    rows = [asked(n, "q", right == "1") for n, right in enumerate(rights)]
    return rows + [asked(n, "other", right == "1") for n, right in enumerate(others)]


@pytest.mark.parametrize(
    ("rights", "others", "marks"),
    [
        ("1" * 20, "10" * 10, ["too easy"]),
        ("1000000000", "1010000000", ["too hard"]),
        ("1111100000", "0000011111", ["negative"]),
        ("1111100000", "1111000000", []),
        ("111111111", "101010101", []),  # too few answers to say
    ],
)
def test_marks(rights: str, others: str, marks: list[str]) -> None:
    found = {item.question: item.marks for item in figures(bunch(rights, others))}
    assert found["q"] == marks


def test_people_are_counted_on_the_day_of_the_studys_zone() -> None:
    people = [
        Applicant(datetime(2026, 11, 20, 23, 30, tzinfo=UTC), "passed"),
        Applicant(datetime(2026, 11, 20, 22, 30, tzinfo=UTC), "failed"),
        Applicant(datetime(2026, 11, 21, 12, 0, tzinfo=UTC), ""),
    ]
    found = by_day(people, ZoneInfo("Europe/Berlin"))
    assert found == {date(2026, 11, 21): Count(2, 1, 0), date(2026, 11, 20): Count(1, 0, 1)}
    assert found[date(2026, 11, 21)].in_progress == 1
    assert found[date(2026, 11, 21)].share_passed == 1


def test_marked_questions_come_first_with_what_they_say() -> None:
    fine = [Asked(n, "a-fine-one", "lesson", "reply", n % 4 > 0, 10, says="It rains.") for n in range(20)]
    hard = [Asked(20 + n, "too-hard", "lesson", "reply", n % 4 == 0, 10, says="It snows.") for n in range(20)]
    found = figures([*fine, *hard])
    assert [(item.question, item.says) for item in found] == [("too-hard", "It snows."), ("a-fine-one", "It rains.")]
    assert [item.marks for item in found] == [["too hard"], []]
