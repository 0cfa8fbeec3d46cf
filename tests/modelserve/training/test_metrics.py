"""The metrics on texts small enough to count by hand, and against the packages' own corpus scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from nltk.translate.bleu_score import corpus_bleu

from esc.errors import FileRefusal
from modelserve.training.bootstrap import draws_of, figure_of
from modelserve.training.metrics import (
    accuracy,
    bleu_of,
    bleu_sums,
    distinct,
    macro_f1,
    read_vectors,
    rouge_l,
    tokens_of,
    vector_extrema,
)

MADE = ["you sound very tired today", "what happened then ?", "i am here"]
TRUE = ["you sound tired", "what happened next , then ?", "good morning to you"]


def cut(texts: list[str]) -> list[list[str]]:
    return [text.split() for text in texts]


def test_tokens_are_nltks_in_small_letters() -> None:
    assert tokens_of("Don't worry, I'm HERE.") == ["do", "n't", "worry", ",", "i", "'m", "here", "."]
    assert tokens_of("") == []


def test_bleu_over_all_replies_is_what_another_package_says() -> None:
    ours = bleu_of(bleu_sums(cut(MADE), cut(TRUE)))
    theirs = 100 * corpus_bleu([[reference] for reference in cut(TRUE)], cut(MADE), weights=(0.5, 0.5))
    assert ours == pytest.approx(theirs)


def test_bleu_of_the_same_is_100_and_of_nothing_in_common_0() -> None:
    assert bleu_of(bleu_sums(cut(TRUE), cut(TRUE))) == pytest.approx(100)
    assert bleu_of(bleu_sums([["a", "b"]], [["c", "d"]])) == 0
    assert bleu_of(bleu_sums([[]], [["c", "d"]])) == 0


def test_rouge_l_is_the_f1_of_the_longest_common_subsequence() -> None:
    first, second, third = rouge_l(cut(MADE), cut(TRUE))
    assert first == pytest.approx(100 * 2 * (3 / 5) * (3 / 3) / (3 / 5 + 1))
    assert second == pytest.approx(100 * 2 * (4 / 4) * (4 / 6) / (1 + 4 / 6))
    assert third == 0


@pytest.fixture
def vectors_file(tmp_path: Path) -> Path:
    path = tmp_path / "vectors.txt"
    path.write_text("3 2\nyou 1.0 0.0\ntired -2.0 0.5\nunused 1.0 1.0\n")
    return path


def test_extrema_take_in_each_dimension_what_is_furthest_from_nothing(vectors_file: Path) -> None:
    vectors = read_vectors(str(vectors_file), {"you", "tired", "here"})
    assert set(vectors) == {"you", "tired"}
    same, half, none = vector_extrema(
        [["you", "tired"], ["you"], ["here"]], [["tired", "you", "here"], ["tired"], ["you"]], vectors
    )
    assert same == pytest.approx(100)
    assert half == pytest.approx(100 * -2 / np.hypot(2, 0.5))
    assert none == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("you 1.0 0.0\ntired 1.0\n", "line 2: expected 2 numbers, found 1"),
        ("you one two\n", "no word vectors that can be read"),
        ("other 1.0 2.0\n", "not one word of the replies"),
        ("", "not one word of the replies"),
    ],
)
def test_a_file_of_no_vectors_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(text)
    with pytest.raises(FileRefusal, match=said):
        read_vectors(str(path), {"you", "tired"})


def test_distinct_counts_different_grams_of_all_replies_together() -> None:
    made = cut(["i am here", "i am sad"])
    assert distinct(made, 1) == pytest.approx(100 * 4 / 6)
    assert distinct(made, 2) == pytest.approx(100 * 3 / 4)
    assert distinct([], 1) == 0


def test_strategies_are_scored_by_accuracy_and_by_the_mean_f1_of_each() -> None:
    made, true = ["Q", "Q", "Q", "I"], ["Q", "I", "Q", "O"]
    assert accuracy(made, true) == 50
    assert macro_f1(made, true) == pytest.approx(100 * (2 * 2 / (3 + 2) + 0 + 0) / 3)


def test_conversations_are_drawn_whole() -> None:
    conversations = [7, 7, 7, 8, 9, 9]
    for draw in draws_of(conversations, 50, seed=1):
        drawn = [conversations[place] for place in draw]
        assert drawn.count(7) % 3 == drawn.count(9) % 2 == 0
        assert drawn.count(7) // 3 + drawn.count(8) + drawn.count(9) // 2 == 3


def test_an_interval_holds_its_value_and_narrows_with_more_conversations() -> None:
    dice = np.random.default_rng(3)

    def width(count: int) -> float:
        values = dice.random(count)
        figure = figure_of(lambda places: float(values[places].mean()), count, draws_of(range(count), 400, seed=1))
        assert figure.low is not None and figure.high is not None  # noqa: PT018
        assert figure.low < figure.value < figure.high
        return figure.high - figure.low

    assert width(400) < width(20) / 2


def test_without_draws_there_is_no_interval() -> None:
    figure = figure_of(lambda places: 1.0, 3, [])
    assert (figure.value, figure.low, figure.high) == (1.0, None, None)
