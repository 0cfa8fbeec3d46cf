"""How the bank's questions do: how often each was shown and right, how long it took, how well it tells people apart.

Pure: plain rows in, figures out. The discrimination is the point-biserial correlation between a question and the rest
of the score of the same attempt (Lord & Novick 1968, the corrected item-total correlation).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, median

TOO_EASY, TOO_HARD = 0.95, 0.40  # shares of right answers
ENOUGH = 10  # answers, below which no mark is given


@dataclass(frozen=True)
class Asked:
    """One question in one attempt that was handed in. `right` is None where it was not answered in time."""

    attempt: int
    question: str
    lesson: str
    kind: str
    right: bool | None
    seconds: float | None
    shown: bool = True
    says: str = ""  # the last message that was shown with it


@dataclass(frozen=True)
class ItemFigures:
    """What is known of one question."""

    question: str
    lesson: str
    kind: str
    shown: int
    answered: int
    right: int
    seconds: float | None  # median
    discrimination: float | None  # -1 to 1; None where there is nothing to tell apart
    says: str  # the last message that is shown with it: a question's id says nothing

    @property
    def share(self) -> float | None:
        return self.right / self.answered if self.answered else None

    @property
    def marks(self) -> list[str]:
        """What is wrong with it, as far as enough answers say so."""
        if self.share is None or self.answered < ENOUGH:
            return []
        found = [("too easy", self.share > TOO_EASY), ("too hard", self.share < TOO_HARD)]
        return [mark for mark, holds in [*found, ("negative", (self.discrimination or 0) < 0)] if holds]


def figures(asked: Iterable[Asked]) -> list[ItemFigures]:
    """The figures of every question that was ever shown: the marked ones first, then by their ids."""
    rows = list(asked)
    score: defaultdict[int, int] = defaultdict(int)
    by_question: defaultdict[str, list[Asked]] = defaultdict(list)
    for row in rows:
        score[row.attempt] += bool(row.right)
        if row.shown:
            by_question[row.question].append(row)
    found = [_figures(question, rows, score) for question, rows in sorted(by_question.items())]
    return sorted(found, key=lambda item: not item.marks)


def _figures(question: str, rows: Sequence[Asked], score: dict[int, int]) -> ItemFigures:
    answered = [row for row in rows if row.right is not None]
    seconds = [row.seconds for row in answered if row.seconds is not None]
    return ItemFigures(
        question=question,
        lesson=rows[-1].lesson,
        kind=rows[-1].kind,
        shown=len(rows),
        answered=len(answered),
        right=sum(bool(row.right) for row in answered),
        seconds=median(seconds) if seconds else None,
        discrimination=point_biserial(
            [bool(row.right) for row in answered], [score[row.attempt] - bool(row.right) for row in answered]
        ),
        says=rows[-1].says,
    )


def point_biserial(rights: Sequence[bool], rest: Sequence[float]) -> float | None:
    """The correlation of a right answer with the rest of the score, -1 to 1.

    None where all answered alike or all have the same rest: then there is nothing to correlate.
    """
    with_it = [score for right, score in zip(rights, rest, strict=True) if right]
    without = [score for right, score in zip(rights, rest, strict=True) if not right]
    if not with_it or not without:
        return None
    mean, number = fmean(rest), len(rest)
    spread = sqrt(sum((score - mean) ** 2 for score in rest) / number)  # of the population, as the formula has it
    if spread == 0:
        return None
    share = len(with_it) / number
    return (fmean(with_it) - fmean(without)) / spread * sqrt(share * (1 - share))
