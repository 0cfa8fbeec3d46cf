"""How much is broken under how many, and the table of what came of it."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

from chat.rehearse.verdict import Verdict

ALL = os.environ.get("FAULTS") == "all"
PAIRS = int(os.environ.get("FAULT_PAIRS", "100" if ALL else "12"))
HEADS = ("messages", "lost", "doubled", "disorder", "stuck", "back s", "p50 ms", "p99 ms")


@dataclass
class Row:
    """One line of the table: `back` is when the last page had an answer again; deliveries are from sending to showing,
    outage and all."""

    fault: str
    messages: int
    verdict: Verdict
    back: float  # seconds
    p50: float | None  # seconds
    p99: float | None  # seconds

    def __str__(self) -> str:
        verdict = self.verdict
        faults = (verdict.lost, verdict.doubled, verdict.out_of_order, verdict.stuck)
        times = ((value or 0) * 1000 for value in (self.p50, self.p99))
        counts = "".join(f"{number:>10}" for number in (self.messages, *map(len, faults)))
        return f"{self.fault:24}{counts}{self.back:>10.1f}" + "".join(f"{value:>10.0f}" for value in times)


ROWS = pytest.StashKey[list[Row]]()


@pytest.fixture(scope="session")
def rows(pytestconfig: pytest.Config) -> list[Row]:
    """The table, printed when everything is over."""
    pytestconfig.stash[ROWS] = []
    return pytestconfig.stash[ROWS]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if rows := config.stash.get(ROWS, []):
        terminalreporter.section("faults")
        terminalreporter.write_line(f"{f'{PAIRS} pairs':24}" + "".join(f"{head:>10}" for head in HEADS))
        for row in rows:
            terminalreporter.write_line(str(row))
