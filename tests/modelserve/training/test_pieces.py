"""Conversations cut into pieces, and split."""

from __future__ import annotations

import pytest

from esc.ontology import Role
from modelserve.engines.base import Heard
from modelserve.training.pieces import pieces_of, split_of

SHARES = (6, 2, 2)


def said(roles: str) -> tuple[Heard, ...]:
    """s: the seeker, p: the supporter."""
    return tuple(
        Heard(Role.SUPPORTER, str(number), "Question") if role == "p" else Heard(Role.SEEKER, str(number))
        for number, role in enumerate(roles)
    )


def test_a_piece_is_a_supporters_utterance_and_the_four_before_it() -> None:
    pieces = pieces_of([said("spsspp")], [0], 4)
    assert [[heard.text for heard in piece.context] for piece in pieces] == [
        ["0"],
        ["0", "1", "2", "3"],
        ["1", "2", "3", "4"],
    ]
    assert [piece.target.text for piece in pieces] == ["1", "4", "5"]


def test_a_supporter_who_begins_has_nothing_to_go_by() -> None:
    (piece,) = pieces_of([said("ps")], [0], 4)
    assert piece.context == ()


def test_only_the_chosen_conversations_are_cut() -> None:
    assert [piece.conversation for piece in pieces_of([said("sp")] * 5, [1, 4], 4)] == [1, 4]


@pytest.mark.parametrize(
    ("length", "intervals"),
    [
        (10, [0, 1, 1, 2, 2, 3, 3, 4, 4, 5]),
        (5, [1, 2, 3, 4, 5]),
        (1, [5]),
        (15, [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5]),
    ],
)
def test_the_last_utterance_has_an_interval_of_its_own(length: int, intervals: list[int]) -> None:
    assert [piece.interval for piece in pieces_of([said("p" * length)], [0], 4)] == intervals


@pytest.mark.parametrize(
    ("conversations", "sizes"), [(10, (6, 2, 2)), (203, (122, 41, 40)), (1_053, (632, 211, 210)), (0, (0, 0, 0))]
)
def test_every_conversation_is_in_exactly_one_part(conversations: int, sizes: tuple[int, int, int]) -> None:
    split = split_of(conversations, SHARES, seed=1)
    assert (len(split.training), len(split.validation), len(split.test)) == sizes
    assert sorted(split.training + split.validation + split.test) == list(range(conversations))


def test_a_seed_decides_the_split() -> None:
    assert split_of(100, SHARES, seed=1) == split_of(100, SHARES, seed=1)
    assert split_of(100, SHARES, seed=1) != split_of(100, SHARES, seed=2)
