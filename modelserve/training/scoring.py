"""How surprised a model is by what supporters really said, and by which strategy they chose."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch

from modelserve.engines.tensors.checkpoint import Checkpoint
from modelserve.training.batches import IGNORED, Batch, Encoded, Encoder


@dataclass(frozen=True)
class Scores:
    """Of each piece, in order."""

    surprise: tuple[float, ...]  # nats of its text and its end together, given the context (and the true strategy)
    tokens: tuple[int, ...]  # that this is the surprise of
    strategies: tuple[int, ...]  # the id of the strategy that is likeliest; empty for vanilla
    true_strategies: tuple[int, ...]  # the id of the supporter's own

    @property
    def perplexity(self) -> float:
        """Of a token of text. The strategy's own token is not counted, so every variant is measured alike."""
        return perplexity(sum(self.surprise), sum(self.tokens))

    @property
    def strategy_accuracy(self) -> float | None:
        """How often the likeliest strategy is the supporter's own; None for vanilla."""
        if not self.strategies:
            return None
        hits = sum(made == true for made, true in zip(self.strategies, self.true_strategies, strict=True))
        return hits / len(self.strategies)


def perplexity(surprise: float, tokens: int) -> float:
    return math.exp(min(surprise / tokens, 700.0)) if tokens else math.nan


@torch.inference_mode()
def score(checkpoint: Checkpoint, encoder: Encoder, rows: Sequence[Encoded], size: int = 32) -> Scores:
    """Scores of these pieces, in evaluation mode and the weights' own precision."""
    model = checkpoint.model.train(False)
    surprise: list[float] = []
    tokens: list[int] = []
    likeliest: list[int] = []
    names = torch.tensor(list(checkpoint.words.strategies.values()), dtype=torch.int64, device=model.device)
    for batch in encoder.batches(rows, size):
        logits, labels = predictions(model, batch.to(model.device), causal=encoder.causal)  # (B, R, V), (B, R)
        first = first_of(labels)  # (B,) where each reply begins
        each = torch.arange(len(labels), device=labels.device)
        if len(names):
            likeliest += names[logits[each, first][:, names].argmax(dim=1)].tolist()
            labels[each, first] = IGNORED
        costs = torch.nn.functional.cross_entropy(
            logits.float().transpose(1, 2), labels, reduction="none", ignore_index=IGNORED
        )  # (B, R)
        surprise += costs.sum(dim=1, dtype=torch.float64).tolist()
        tokens += (labels != IGNORED).sum(dim=1).tolist()
    true = tuple(row.reply[0] for row in rows) if len(names) else ()
    return Scores(tuple(surprise), tuple(tokens), tuple(likeliest), true)


def predictions(model: torch.nn.Module, batch: Batch, *, causal: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """(B, R, V) logits and the (B, R) labels that they are to foresee, place by place."""
    if causal:
        logits = cast("Any", model)(input_ids=batch.ids, attention_mask=batch.mask).logits
        return logits[:, :-1], batch.labels[:, 1:].clone()
    start = cast("Any", model).config.decoder_start_token_id
    before = torch.full_like(batch.labels[:, :1], start)  # (B, 1)
    pad = batch.ids.new_tensor(cast("Any", model).config.pad_token_id or 0)
    known = torch.where(batch.labels == IGNORED, pad, batch.labels)  # behind the end; foreseen by nobody
    logits = cast("Any", model)(
        input_ids=batch.ids,
        attention_mask=batch.mask,
        decoder_input_ids=torch.cat([before, known[:, :-1]], dim=1),  # (B, R)
    ).logits
    return logits, batch.labels.clone()


def first_of(labels: torch.Tensor) -> torch.Tensor:
    """(B, R) → (B,) the first place that is no IGNORED."""
    return (labels != IGNORED).int().argmax(dim=1)


@dataclass(frozen=True)
class Baselines:
    """What needs no model, to be better than."""

    unigram_perplexity: float  # of a token's share in the training's replies, one added to each count
    majority_strategy: str  # of the training's; "" for vanilla
    majority_accuracy: float | None  # of always choosing it


def baselines(encoder: Encoder, known: Sequence[Encoded], rows: Sequence[Encoded], vocabulary: int) -> Baselines:
    """Learned from `known`, measured on `rows`, over the same tokens as a model's perplexity."""
    first = encoder.first
    counts = Counter(token for row in known for token in row.reply[first:])
    total = counts.total() + vocabulary
    texts = [row.reply[first:] for row in rows]
    surprise = -sum(math.log((counts[token] + 1) / total) for text in texts for token in text)
    unigram = perplexity(surprise, sum(map(len, texts)))
    if not first:
        return Baselines(unigram, "", None)
    majority = Counter(row.reply[0] for row in known).most_common(1)[0][0]
    name = next(name for name, token in encoder.words.strategies.items() if token == majority)
    return Baselines(unigram, name, sum(row.reply[0] == majority for row in rows) / len(rows))
