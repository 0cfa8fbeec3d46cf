"""Where the bank of questions is thin, in sentences for a researcher. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tutorial.loading import Content
from tutorial.shape import Item

FEWEST = 4  # questions for each strategy and each stage


def thin_spots(content: Content) -> list[str]:
    """One sentence for each place where more questions, or other ones, would make the examination better."""
    return [*_too_few(content), *_one_kind_only(content), *_told_by_length(content)]


def _too_few(content: Content) -> Iterator[str]:
    for slug, file in content.files.items():
        if file.lesson.kind != "more" and len(file.questions) < FEWEST:
            yield f"{slug}: {len(file.questions)} questions, at least {FEWEST} are wanted"


def _one_kind_only(content: Content) -> Iterator[str]:
    kinds = Counter(item.kind for item in content.bank.values())
    for kind in ("strategy", "reply", "stage", "order"):
        if not kinds[kind]:
            yield f"no question is of the kind {kind}"
    for slug, file in content.files.items():
        if file.lesson.kind != "more" and len({item.kind for item in file.questions}) == 1:
            yield f"{slug}: all questions are of the kind {file.questions[0].kind}"


def _told_by_length(content: Content) -> Iterator[str]:
    """Nobody should pass by always taking the longest reply, or the one of any other rank."""
    replies = [item for item in content.bank.values() if item.kind == "reply"]
    ranks = Counter(_rank(item) for item in replies)
    for rank, count in sorted(ranks.items()):
        if len(replies) >= FEWEST and count * 2 > len(replies):
            which = "longest" if rank == 0 else f"number {rank + 1} by length, from the longest"
            yield f"in {count} of {len(replies)} questions of the kind reply the right one is the {which}"


def _rank(item: Item) -> int:
    """How many wrong replies are longer than the right one."""
    return sum(len(wrong) > len(item.right or "") for wrong in item.wrong)
