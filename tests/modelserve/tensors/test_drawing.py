"""One step of drawing, on numbers that can be followed by hand."""

from __future__ import annotations

import math
from collections import Counter

import pytest
import torch

from modelserve.engines.tensors.drawing import Draw, dice_of
from modelserve.engines.tensors.generation import Decoding

NONE = torch.tensor([], dtype=torch.int64)
EOS = 9


def draw(decoding: Decoding, throws: list[float], **changed: object) -> Draw:
    dice = torch.tensor([throws]).T  # (B, 1)
    settings: dict[str, object] = {"prompt": 1, "strategies": NONE, "forced": None, "unspeakable": NONE}
    return Draw(decoding, **{**settings, "eos": EOS, "dice": dice, **changed})  # type: ignore[arg-type]


def drawn(drawing: Draw, scores: list[float], rows: int, before: list[int] | None = None) -> list[int]:
    ids = torch.tensor([[0, *(before or [])]] * rows)
    result = drawing(ids, torch.tensor([scores] * rows))  # type: ignore[arg-type]
    assert (result > -math.inf).sum(dim=1).tolist() == [1] * rows
    return result.argmax(dim=1).tolist()


def logits(*shares: float) -> list[float]:
    """Ten logits with these shares; the others have none."""
    return [math.log(share) for share in shares] + [-50.0] * (10 - len(shares))


def settings(**changed: float) -> Decoding:
    return Decoding.model_validate({"temperature": 1, "top_p": 1, "min_new_tokens": 1, **changed})


@pytest.mark.parametrize(
    ("decoding", "expected"),
    [
        (settings(), [0, 0, 1, 2, 3]),
        (settings(top_k=2), [0, 0, 0, 1, 1]),
        (settings(top_p=0.75), [0, 0, 1, 1, 2]),
        (settings(top_p=0.01), [0, 0, 0, 0, 0]),
        (settings(temperature=0.05), [0, 0, 0, 0, 0]),
        (settings(do_sample=False), [0, 0, 0, 0, 0]),
    ],
)
def test_a_throw_falls_on_a_token_by_its_share(decoding: Decoding, expected: list[int]) -> None:
    throws = [0.0, 0.39, 0.55, 0.75, 0.95]
    assert drawn(draw(decoding, throws), logits(0.4, 0.3, 0.2, 0.1), 5) == expected


def test_throws_give_the_shares_back() -> None:
    throws = dice_of(range(4_000), 1)
    counts = Counter(drawn(draw(settings(), [0.0], dice=throws), logits(0.5, 0.3, 0.2), 4_000))
    assert [counts[token] / 4_000 for token in range(3)] == pytest.approx([0.5, 0.3, 0.2], abs=0.03)


def test_what_was_said_is_less_likely_again_and_the_context_is_not_counted() -> None:
    scores = [2.0, 1.9, -1.0, *[-50.0] * 7]
    greedy = settings(do_sample=False, repetition_penalty=1.2)
    assert drawn(draw(greedy, [0.0]), scores, 1) == [0]
    assert drawn(draw(greedy, [0.0]), scores, 1, before=[0]) == [1]
    assert drawn(draw(greedy, [0.0], prompt=2), scores, 1, before=[0]) == [0]


def test_a_negative_score_is_penalised_too() -> None:
    scores = [-1.0, -1.1, *[-50.0] * 8]
    assert drawn(draw(settings(do_sample=False, repetition_penalty=1.2), [0.0]), scores, 1, before=[0]) == [1]


def test_strategies_come_first_and_everything_else_is_masked() -> None:
    drawing = draw(settings(do_sample=False), [0.0], strategies=torch.tensor([4, 5]))
    scores = logits(0.9, 0.01, 0.01, 0.01, 0.02, 0.05)
    assert drawn(drawing, scores, 1) == [5]
    assert drawn(drawing, scores, 1, before=[5]) == [0]


def test_a_given_strategy_is_taken_whatever_the_model_thinks() -> None:
    given = torch.tensor([4, 5])
    drawing = draw(settings(), [0.0, 0.0], strategies=torch.tensor([4, 5]), forced=given)
    assert drawn(drawing, logits(0.9), 2) == [4, 5]


def test_the_end_waits_for_the_fewest_tokens() -> None:
    scores = [*[-50.0] * 9, 3.0]
    decoding = settings(do_sample=False, min_new_tokens=2)
    assert drawn(draw(decoding, [0.0]), scores, 1, before=[1]) != [EOS]
    assert drawn(draw(decoding, [0.0]), scores, 1, before=[1, 1]) == [EOS]


def test_a_row_has_the_same_dice_whoever_is_beside_it() -> None:
    assert torch.equal(dice_of([5, 6, 7], 4)[1], dice_of([6], 4)[0])
