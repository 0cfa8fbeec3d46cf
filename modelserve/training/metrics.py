"""The paper's automatic metrics (§6.3) from established packages, and the sums that intervals are drawn from.

Tokens are those of nltk's NLTKWordTokenizer (rules, no downloads) over the text in small letters, for replies and
references alike: a vocabulary without capitals is not punished for it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from nltk.tokenize import NLTKWordTokenizer
from numpy.typing import NDArray
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics.bleu import BLEU

from esc.errors import FileRefusal

TOKENISATION = "nltk NLTKWordTokenizer over the text in small letters"
ORDER = 2  # BLEU-2
Vectors = dict[str, NDArray[np.float32]]


@cache
def _tokenizer() -> NLTKWordTokenizer:
    return NLTKWordTokenizer()


def tokens_of(text: str) -> list[str]:
    return [str(token) for token in _tokenizer().tokenize(text.lower())]


@dataclass(frozen=True)
class BleuSums:
    """What a corpus's BLEU is computed from; sums add up over replies."""

    counts: NDArray[np.int64]  # (replies, 2) n-grams that the reference has too, n from 1
    totals: NDArray[np.int64]  # (replies, 2) n-grams
    lengths: NDArray[np.int64]  # (replies, 2) tokens of the reply, of its reference


def bleu_sums(made: Sequence[Sequence[str]], true: Sequence[Sequence[str]]) -> BleuSums:
    """The sums of each reply by sacrebleu, on tokens that are taken as they are."""
    bleu = BLEU(max_ngram_order=ORDER, tokenize="none", effective_order=True)
    scores = [
        bleu.sentence_score(" ".join(reply), [" ".join(reference)]) for reply, reference in zip(made, true, strict=True)
    ]
    return BleuSums(
        np.array([score.counts for score in scores]).reshape(-1, ORDER),
        np.array([score.totals for score in scores]).reshape(-1, ORDER),
        np.array([(score.sys_len, score.ref_len) for score in scores]).reshape(-1, 2),
    )


def bleu_of(sums: BleuSums, chosen: NDArray[np.int64] | slice = slice(None)) -> float:
    """BLEU-2 of a corpus of replies, 0 to 100, with sacrebleu's brevity penalty and no smoothing."""
    said, expected = sums.lengths[chosen].sum(axis=0).tolist()
    score = BLEU.compute_bleu(
        correct=sums.counts[chosen].sum(axis=0).tolist(),
        total=sums.totals[chosen].sum(axis=0).tolist(),
        sys_len=said,
        ref_len=expected,
        smooth_method="none",
        max_ngram_order=ORDER,
    )
    return float(score.score)


class _Split:
    """rouge-score's tokenizer, when the tokens are there already."""

    def tokenize(self, text: str) -> list[str]:
        return text.split(" ") if text else []


def rouge_l(made: Sequence[Sequence[str]], true: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """(replies,) F1 of the longest common subsequence, 0 to 100, by rouge-score."""
    scorer = RougeScorer(["rougeL"], tokenizer=_Split())
    return np.array(
        [
            100 * scorer.score(" ".join(reference), " ".join(reply))["rougeL"].fmeasure
            for reply, reference in zip(made, true, strict=True)
        ]
    )


def read_vectors(path: str, vocabulary: Iterable[str]) -> Vectors:
    """The vectors of these words in a text file (GloVe's or word2vec's). Raises FileRefusal for another file."""
    wanted, found = set(vocabulary), Vectors()
    width = 0
    try:
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                word, *numbers = line.rstrip().split(" ")
                if number == 0 and len(numbers) == 1:
                    continue  # word2vec's first line: how many words, how many numbers
                width = width or len(numbers)
                if len(numbers) != width:
                    raise FileRefusal(f"{path}, line {number + 1}", f"expected {width} numbers, found {len(numbers)}")
                if word in wanted:
                    found[word] = np.array(numbers, dtype=np.float32)
    except (OSError, ValueError) as error:
        raise FileRefusal(path, f"these are no word vectors that can be read: {error}") from error
    if not found:
        raise FileRefusal(path, "not one word of the replies and references has a vector here")
    return found


def vector_extrema(
    made: Sequence[Sequence[str]], true: Sequence[Sequence[str]], vectors: Vectors
) -> NDArray[np.float64]:
    """(replies,) cosine of the two texts' extreme values, times 100 (Liu et al., 2016); 0 where one has no vectors."""

    def extreme(tokens: Sequence[str]) -> NDArray[np.float32] | None:
        rows = [vectors[token] for token in tokens if token in vectors]
        if not rows:
            return None
        high, low = np.max(rows, axis=0), np.min(rows, axis=0)  # (D,) each
        further: NDArray[np.float32] = np.where(high > -low, high, low)  # (D,) whichever is further from 0
        return further

    found = []
    for reply, reference in zip(made, true, strict=True):
        one, other = extreme(reply), extreme(reference)
        if one is None or other is None:
            found.append(0.0)
        else:
            norm = float(np.linalg.norm(one) * np.linalg.norm(other))
            found.append(100 * float(one @ other) / norm if norm else 0.0)
    return np.array(found)


def distinct(made: Sequence[Sequence[str]], n: int) -> float:
    """Different n-grams for each hundred n-grams of all replies together (Li et al., 2016)."""
    grams = Counter(tuple(tokens[place : place + n]) for tokens in made for place in range(len(tokens) - n + 1))
    return 100 * len(grams) / grams.total() if grams else 0.0


def accuracy(made: Sequence[str], true: Sequence[str]) -> float:
    """How many of a hundred strategies are the supporter's own."""
    return 100 * sum(one == other for one, other in zip(made, true, strict=True)) / len(true) if true else math.nan


def macro_f1(made: Sequence[str], true: Sequence[str]) -> float:
    """The mean F1 of the strategies that supporters used, each counting alike, 0 to 100."""
    right = Counter(one for one, other in zip(made, true, strict=True) if one == other)
    said, was = Counter(made), Counter(true)
    scores = [2 * right[name] / (said[name] + was[name]) for name in was]
    return 100 * sum(scores) / len(scores) if scores else math.nan
