"""The figures that a rehearsal prints."""

from __future__ import annotations

import pytest

from chat.rehearse.figures import SHOWN, Times, percentile, table
from chat.rehearse.verdict import Verdict


@pytest.mark.parametrize(
    ("values", "per_cent", "expected"),
    [
        ([], 50, None),
        ([7], 50, 7),
        ([7], 99, 7),
        ([3, 1, 2], 50, 2),
        (range(1, 101), 50, 50),
        (range(1, 101), 95, 95),
        (range(1, 101), 99, 99),
        (range(1, 201), 99, 198),
        ([1, 2], 99, 2),
    ],
)
def test_percentile(values: list[float], per_cent: float, expected: float | None) -> None:
    assert percentile(values, per_cent) == expected


def printed(verdict: Verdict, times: Times | None = None) -> list[str]:
    return table(people=4, finished=3, dropped=1, messages=40, verdict=verdict, times=times or Times()).splitlines()


def test_table_counts_people_messages_and_faults() -> None:
    lines = printed(Verdict(lost=["talk: gone", "talk: gone, too"]))
    assert [line.split() for line in lines[:8]] == [
        ["people", "4"],
        ["finished", "with", "a", "code", "3"],
        ["dropped", "out", "as", "planned", "1"],
        ["messages", "40"],
        ["lost", "2"],
        ["doubled", "0"],
        ["out", "of", "order", "0"],
        ["stuck", "0"],
    ]
    assert lines[-2:] == ["lost: talk: gone", "lost: talk: gone, too"]


def test_table_has_milliseconds_or_says_that_there_are_none() -> None:
    lines = printed(Verdict(), Times(ack=[0.001, 0.002, 0.1234]))
    assert [line.split() for line in lines[-3:]] == [
        ["milliseconds", "p50", "p95", "p99"],
        ["acknowledged", "after", "2.0", "123.4", "123.4"],
        ["delivered", "after", "–", "–", "–"],
    ]


def test_table_writes_out_the_first_faults_and_counts_the_others() -> None:
    lines = printed(Verdict(out_of_order=[f"fault {number}" for number in range(SHOWN + 5)]))
    assert lines[-1] == "… and 5 more out of order"
    assert sum(line.startswith("out of order: fault") for line in lines) == SHOWN
