"""Pieces as tensors. A context is flattened by the code that serves, so that training and serving read alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from modelserve.engines.tensors.prompt import Words
from modelserve.training.config import TrainingConfig
from modelserve.training.pieces import Piece

IGNORED = -100  # a label that costs nothing


@dataclass(frozen=True, slots=True)
class Encoded:
    """One piece in ids."""

    context: list[int]  # ends with <eos>
    reply: list[int]  # [Strategy] text <eos>; without the first for vanilla


@dataclass(frozen=True)
class Batch:
    """B pieces as the model takes them."""

    ids: torch.Tensor  # (B, T) int64: the context; for causal with the reply after it
    mask: torch.Tensor  # (B, T) int64
    labels: torch.Tensor  # (B, R) int64 replies for seq2seq, (B, T) for causal; IGNORED where nothing is to be learned

    def to(self, device: torch.device) -> Batch:
        return Batch(self.ids.to(device), self.mask.to(device), self.labels.to(device))


class Encoder:
    """Turns pieces into ids, and ids into batches, for one checkpoint."""

    def __init__(self, words: Words, config: TrainingConfig, positions: int) -> None:
        self.words, self.config = words, config
        self.causal = words.generation.architecture == "causal"
        self.reply_budget = min(config.max_reply_tokens, positions // 2)
        room = positions - self.reply_budget - 2 if self.causal else positions
        self.budget = min(config.max_context_tokens, room)

    def encoded(self, piece: Piece) -> Encoded:
        reply = self.words.utterance(piece.target)
        text = reply[self.first : -1][: self.reply_budget]
        return Encoded(self.words.context(piece.context, self.budget), [*reply[: self.first], *text, self.words.eos])

    @property
    def first(self) -> int:
        """How many ids of a reply are its strategy: 1, or 0 for vanilla."""
        return int(bool(self.words.strategies))

    def batch(self, rows: Sequence[Encoded]) -> Batch:
        if not self.causal:
            ids, mask = self._filled([row.context for row in rows], self.words.pad)
            labels, _ = self._filled([row.reply for row in rows], IGNORED)
            return Batch(ids, mask, labels)
        ids, mask = self._filled([row.context + row.reply for row in rows], self.words.pad)
        labels, _ = self._filled([[IGNORED] * len(row.context) + row.reply for row in rows], IGNORED)
        return Batch(ids, mask, labels)

    def batches(self, rows: Sequence[Encoded], size: int) -> Iterator[Batch]:
        """All rows in their order, for scoring."""
        for start in range(0, len(rows), size):
            yield self.batch(rows[start : start + size])

    @staticmethod
    def _filled(rows: Sequence[list[int]], filler: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows of one length, filled up on the right, and where they were not: both (B, T) int64."""
        width = max(map(len, rows))
        ids = torch.tensor([row + [filler] * (width - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        return ids, mask
