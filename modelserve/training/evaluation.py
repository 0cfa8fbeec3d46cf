"""Scores checkpoints on conversations they have not learned from: Oracle, Joint and Vanilla side by side (Table 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from tqdm import tqdm

from modelserve.engines.base import Context, Reply
from modelserve.engines.tensors.checkpoint import Checkpoint
from modelserve.engines.tensors.engine import TensorEngine
from modelserve.engines.tensors.prompt import Words
from modelserve.training.batches import Encoder
from modelserve.training.bootstrap import Figure, Places, draws_of, figure_of
from modelserve.training.config import TrainingConfig
from modelserve.training.metrics import (
    BleuSums,
    Vectors,
    accuracy,
    bleu_of,
    bleu_sums,
    distinct,
    macro_f1,
    rouge_l,
    tokens_of,
    vector_extrema,
)
from modelserve.training.pieces import INTERVALS, Piece
from modelserve.training.scoring import perplexity, score

# Without strategies, with its own, with the person's, with any (paper, §6.2).
SPOKEN: Mapping[str, tuple[str, ...]] = {"vanilla": ("vanilla",), "strategy": ("joint", "oracle", "random")}


@dataclass(frozen=True)
class Row:
    """One line of the table: one checkpoint in one variant. Figures by name; None is not computed, or means nothing."""

    backbone: str
    variant: str
    figures: Mapping[str, Figure | None]
    progress: tuple[Mapping[str, float], ...] = ()  # for each interval strategy → share of what it chose


@dataclass(frozen=True)
class Said:
    """What a variant answered to each piece, beside what the supporter had said: both as tokens."""

    replies: Sequence[Reply]
    made: Sequence[Sequence[str]]
    true: Sequence[Sequence[str]]


def rows_of(
    checkpoint: Checkpoint,
    backbone: str,
    pieces: Sequence[Piece],
    vectors: Vectors | Callable[[set[str]], Vectors] | None,
    *,
    samples: int,
    seed: int,
    batch: int,
    bar: bool = False,
) -> list[Row]:
    """A row for every variant in which this checkpoint can speak, on these pieces."""
    draws = draws_of([piece.conversation for piece in pieces], samples, seed)
    surprise = _perplexity(checkpoint, pieces, batch)
    rows = []
    for variant in SPOKEN[checkpoint.generation.trained]:
        said = answers(speaking_as(checkpoint, variant), pieces, seed, batch, f"{backbone}, {variant}" if bar else "")
        known = vectors({word for row in (*said.made, *said.true) for word in row}) if callable(vectors) else vectors
        figures = _figures(said, pieces, known, draws)
        # A joint or random model is asked for no strategy that is there, so the paper leaves its perplexity out.
        figures["perplexity"] = figure_of(surprise, len(pieces), draws) if variant in ("vanilla", "oracle") else None
        if variant in ("joint", "random"):
            figures |= _strategies(said, pieces, draws)
        chosen = [reply.strategy for reply in said.replies]
        rows.append(Row(backbone, variant, figures, by_progress(chosen, pieces) if variant != "vanilla" else ()))
    return rows


def speaking_as(checkpoint: Checkpoint, variant: str) -> Checkpoint:
    """The same weights in another variant."""
    generation = checkpoint.generation.speaking_as(variant, {})
    return replace(checkpoint, generation=generation, words=Words(checkpoint.words.tokenizer, generation))


def answers(checkpoint: Checkpoint, pieces: Sequence[Piece], seed: int, batch: int, title: str = "") -> Said:
    """A reply to each piece's context by the engine that serves; the oracle is given the supporter's strategy."""
    engine = TensorEngine(checkpoint)
    replies: list[Reply] = []
    starts = range(0, len(pieces), batch)
    for start in tqdm(starts, desc=title, unit="batch", disable=None if title else True):
        contexts = [
            Context(piece.context, seed + start + place, given=piece.target.strategy)
            for place, piece in enumerate(pieces[start : start + batch])
        ]
        replies += engine.reply(contexts)
    return Said(
        replies,
        [tokens_of(reply.text) for reply in replies],
        [tokens_of(piece.target.text) for piece in pieces],
    )


def likeliest_right(checkpoint: Checkpoint, pieces: Sequence[Piece], batch: int) -> float:
    """How often of a hundred the strategy that the model holds likeliest is the supporter's own."""
    encoder = _encoder(checkpoint)
    scores = score(checkpoint, encoder, [encoder.encoded(piece) for piece in pieces], batch)
    assert scores.strategy_accuracy is not None
    return 100 * scores.strategy_accuracy


def by_progress(strategies: Sequence[str], pieces: Sequence[Piece]) -> tuple[dict[str, float], ...]:
    """For each of the six intervals, which share each strategy has; an interval without an utterance is empty."""
    counts: list[Counter[str]] = [Counter() for _ in INTERVALS]
    for strategy, piece in zip(strategies, pieces, strict=True):
        counts[piece.interval][strategy] += 1
    return tuple({name: number / count.total() for name, number in count.items()} for count in counts)


def _encoder(checkpoint: Checkpoint) -> Encoder:
    budget = checkpoint.generation.max_context_tokens
    return Encoder(checkpoint.words, TrainingConfig(base="", max_context_tokens=budget), checkpoint.positions)


def _perplexity(checkpoint: Checkpoint, pieces: Sequence[Piece], batch: int) -> Callable[[Places], float]:
    encoder = _encoder(checkpoint)
    scores = score(checkpoint, encoder, [encoder.encoded(piece) for piece in pieces], batch)
    surprise, tokens = np.array(scores.surprise), np.array(scores.tokens)
    return lambda places: perplexity(float(surprise[places].sum()), int(tokens[places].sum()))


def _figures(
    said: Said, pieces: Sequence[Piece], vectors: Vectors | None, draws: Sequence[Places]
) -> dict[str, Figure | None]:
    """The figures that every variant has. Distinct-n hangs on how much text there is, so nothing is drawn again."""
    count = len(pieces)
    sums: BleuSums = bleu_sums(said.made, said.true)
    rouge = rouge_l(said.made, said.true)
    extrema = vector_extrema(said.made, said.true, vectors) if vectors else None
    return {
        "bleu_2": figure_of(lambda places: bleu_of(sums, places), count, draws),
        "rouge_l": figure_of(lambda places: float(rouge[places].mean()), count, draws),
        "extrema": figure_of(lambda places: float(extrema[places].mean()), count, draws)
        if extrema is not None
        else None,
        "distinct_1": Figure(distinct(said.made, 1)),
        "distinct_2": Figure(distinct(said.made, 2)),
    }


def _strategies(said: Said, pieces: Sequence[Piece], draws: Sequence[Places]) -> dict[str, Figure | None]:
    """How the strategies that were chosen in speaking compare with the supporters'."""
    made = [reply.strategy for reply in said.replies]
    true = [piece.target.strategy for piece in pieces]

    def measured(measure: Callable[[Sequence[str], Sequence[str]], float]) -> Figure:
        return figure_of(
            lambda places: measure([made[place] for place in places], [true[place] for place in places]),
            len(pieces),
            draws,
        )

    return {"strategy_accuracy": measured(accuracy), "strategy_macro_f1": measured(macro_f1)}


def as_dict(row: Row) -> dict[str, Any]:
    figures = {
        name: None if figure is None else {"value": figure.value, "interval_95": [figure.low, figure.high]}
        for name, figure in row.figures.items()
    }
    return {"backbone": row.backbone, "variant": row.variant, "figures": figures, "progress": list(row.progress)}
