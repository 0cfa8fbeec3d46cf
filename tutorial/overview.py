"""How many people came to the training, and what became of them: a count a study and day. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from esc.participants.journey import Training


@dataclass(frozen=True)
class Applicant:
    """One person who came to the training: when (for the first time), and how it went ("" while it is going on)."""

    began_at: datetime
    training: str


@dataclass(frozen=True)
class Count:
    applicants: int
    passed: int
    failed: int

    @property
    def in_progress(self) -> int:
        return self.applicants - self.passed - self.failed

    @property
    def share_passed(self) -> float | None:
        """Of those whose training is decided."""
        decided = self.passed + self.failed
        return self.passed / decided if decided else None


def count(applicants: Iterable[Applicant]) -> Count:
    outcomes = Counter(applicant.training for applicant in applicants)
    return Count(outcomes.total(), outcomes[Training.PASSED], outcomes[Training.FAILED])


def by_day(applicants: Iterable[Applicant], zone: ZoneInfo) -> dict[date, Count]:
    """The counts of those who came on each day of the study's time zone, the newest day first."""
    days: dict[date, list[Applicant]] = {}
    for applicant in applicants:
        days.setdefault(applicant.began_at.astimezone(zone).date(), []).append(applicant)
    return {day: count(days[day]) for day in sorted(days, reverse=True)}
