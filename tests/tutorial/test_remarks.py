from __future__ import annotations

import pytest

from esc.ontology import Strategy
from tutorial.remarks import REMARKS, Said, remark_on, said

SHORT_NAMES = {
    "Qu": Strategy.QUESTION, "RP": Strategy.RESTATEMENT, "RF": Strategy.REFLECTION, "SD": Strategy.SELF_DISCLOSURE,
    "AR": Strategy.AFFIRMATION, "PS": Strategy.SUGGESTIONS, "In": Strategy.INFORMATION, "Ot": Strategy.OTHERS,
}  # fmt: skip


def messages(names: str, last: int = 12) -> list[Said]:
    """Messages of twelve words with these strategies; the last one has that many."""
    found = [Said(SHORT_NAMES[name], 12) for name in names.split()]
    return [*found[:-1], Said(found[-1].strategy, last)]


@pytest.mark.parametrize(
    ("names", "last", "remark"),
    [
        ("PS", 12, "suggested-before-asking"),
        ("Ot In", 12, "suggested-before-asking"),
        ("Ot AR PS", 12, "suggested-before-asking"),
        ("Qu PS", 12, None),
        ("Qu", 12, "asked-first"),
        ("Ot Qu", 12, "asked-first"),
        ("AR Qu", 12, None),
        ("Qu RF", 12, "named-a-feeling"),
        ("Qu SD SD", 12, "much-about-yourself"),
        ("Qu SD RP RF SD", 12, "no-step-yet"),
        ("Qu Qu Qu", 12, "question-after-question"),
        ("RP RP RP", 12, "same-again"),
        ("Qu RP", 80, "very-long"),
        ("Qu RP", 3, "very-short"),
        ("Ot", 2, None),
        ("Qu PS Qu", 12, "no-warmth-yet"),
        ("Qu RP RF PS", 12, "suggested-in-time"),
        ("Qu RP", 12, None),
    ],
)
def test_what_is_remarked(names: str, last: int, remark: str | None) -> None:
    assert remark_on(messages(names, last), []) == remark


def test_a_remark_is_made_once() -> None:
    assert remark_on(messages("PS"), ["suggested-before-asking"]) is None
    assert remark_on(messages("Qu RP", 3), ["very-short"]) is None


def test_before_anything_is_said_there_is_nothing_to_remark() -> None:
    assert remark_on([], []) is None


def test_other_strategies_than_the_papers_bring_no_remark_of_theirs() -> None:
    assert remark_on([Said("Story", 12)], []) is None


def test_words_are_counted_as_they_are_typed() -> None:
    assert said("Question", "  How was   that? ") == Said("Question", 3)
    assert len(REMARKS) == 11
