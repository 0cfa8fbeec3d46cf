"""How the next token of every row is drawn: the strategy first, then words, each row with its own dice.

One processor does all of it inside `generate`, which then only has to take what is left. So a row's reply hangs on
its context and its seed, never on who shares its batch, and the cost is a top-k instead of a sorted vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers import LogitsProcessor

from modelserve.engines.tensors.generation import Decoding

NEVER = float("-inf")


class Draw(LogitsProcessor):
    """Leaves each row exactly one token, by the settings of Appendix C."""

    def __init__(
        self,
        decoding: Decoding,
        *,
        prompt: int,  # tokens before the reply in every row
        strategies: torch.Tensor,  # (S,) int64 ids; empty for vanilla
        forced: torch.Tensor | None,  # (B,) int64 ids of the strategies that are given; None: drawn
        unspeakable: torch.Tensor,  # (U,) int64 ids that no text holds, <eos> not among them
        eos: int,
        dice: torch.Tensor,  # (B, T) float32 in [0, 1): one throw for each step of each row
    ) -> None:
        self.decoding, self.prompt, self.eos, self.dice = decoding, prompt, eos, dice
        self.strategies, self.forced, self.unspeakable = strategies, forced, unspeakable
        self.said = prompt + bool(len(strategies))  # where the text begins

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """(B, T) int64 and (B, V) float32 → (B, V) float32 with 0 at the token that was drawn and −∞ elsewhere."""
        step = input_ids.shape[1] - self.prompt
        if input_ids.shape[1] < self.said:
            drawn = self.forced if self.forced is not None else self._strategy(scores)  # (B,)
        else:
            drawn = self._word(input_ids[:, self.said :], scores, step)  # (B,)
        scores.fill_(NEVER)
        scores.scatter_(1, drawn[:, None], 0.0)
        return scores

    def _strategy(self, scores: torch.Tensor) -> torch.Tensor:
        """(B, V) → (B,) ids: all tokens but the strategies' are masked (paper, Appendix C)."""
        choice = self._choose(scores[:, self.strategies], 0)  # (B,) places in `strategies`
        return self.strategies[choice]

    def _word(self, said: torch.Tensor, scores: torch.Tensor, step: int) -> torch.Tensor:
        """(B, T) said so far, (B, V) → (B,) ids."""
        penalty = self.decoding.repetition_penalty
        if penalty != 1 and said.shape[1]:
            before = scores.gather(1, said)  # (B, T)
            scores.scatter_(1, said, torch.where(before < 0, before * penalty, before / penalty))
        scores[:, self.unspeakable] = NEVER
        if said.shape[1] < self.decoding.min_new_tokens:
            scores[:, self.eos] = NEVER
        return self._choose(scores, step)

    def _choose(self, scores: torch.Tensor, step: int) -> torch.Tensor:
        """(B, N) → (B,) places in N: the highest, or one of the nucleus of the highest k by the row's throw."""
        if not self.decoding.do_sample:
            return scores.argmax(dim=1)
        best, places = scores.topk(min(self.decoding.top_k, scores.shape[1]), dim=1)  # (B, k), the highest first
        shares = (best / self.decoding.temperature).softmax(dim=1)
        before = shares.cumsum(dim=1) - shares
        shares = shares.masked_fill(before >= self.decoding.top_p, 0.0)  # the first always stays
        reached = shares.cumsum(dim=1)
        throw = self.dice[:, step, None] * reached[:, -1:]  # (B, 1)
        chosen = (reached <= throw).sum(dim=1, keepdim=True)  # (B, 1)
        last = (shares > 0).sum(dim=1, keepdim=True) - 1  # (B, 1): where rounding would reach beyond the nucleus
        return places.gather(1, torch.minimum(chosen, last))[:, 0]


def dice_of(seeds: Sequence[int], throws: int) -> torch.Tensor:
    """(B, throws) float32 in [0, 1), each row from its own seed alone."""
    rows = [torch.rand(throws, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    return torch.stack(rows)
