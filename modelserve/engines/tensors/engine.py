"""Makes replies from tensors: pre (CPU) turns contexts into ids, core (GPU) generates, post (CPU) makes text again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, cast

import torch
from transformers import LogitsProcessorList

from esc.ontology import Strategy
from modelserve.engines.base import Context, Reply
from modelserve.engines.tensors.checkpoint import Checkpoint, read_checkpoint, vocabulary_of
from modelserve.engines.tensors.drawing import Draw, dice_of
from modelserve.engines.tensors.prompt import hash_of
from modelserve.engines.text import tidy

if TYPE_CHECKING:
    from modelserve.engines.spec import EngineSpec


@dataclass(frozen=True)
class Batch:
    """What core needs, on the CPU. B rows; T as long as the longest context."""

    ids: torch.Tensor  # (B, T) int64, padded on the left for causal, on the right for seq2seq
    mask: torch.Tensor  # (B, T) int64, 1 where a token is
    dice: torch.Tensor  # (B, steps) float32
    forced: torch.Tensor | None  # (B,) int64 ids of strategies, where the variant does not draw them from the model
    hashes: list[str]  # (B,)


class TensorEngine:
    """A checkpoint in the supporter's seat, in one of the paper's variants (§6.2).

    A vanilla model knows no strategies. Each of its replies is labelled "Others", which is the study's own word for
    support that is none of the other strategies; it says nothing of what the reply does.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.generation, self.words = checkpoint.generation, checkpoint.words
        self.device = checkpoint.model.device
        self._names = {token: name for name, token in self.words.strategies.items()}
        self._strategies = torch.tensor(list(self._names), dtype=torch.int64, device=self.device)  # (S,)
        self._unspeakable = torch.tensor(self._never_said(), dtype=torch.int64, device=self.device)  # (U,)

    @property
    def speaks(self) -> frozenset[str]:
        return frozenset(self.words.strategies) or frozenset({Strategy.OTHERS.value})

    def reply(self, contexts: Sequence[Context]) -> list[Reply]:
        """One reply for each context, in their order; a row's never hangs on the others of its batch.

        Raises ValueError where the variant is `oracle` and a context was given no strategy that the model knows.
        """
        if not contexts:
            return []
        begun = time.perf_counter()
        batch = self.pre(contexts)
        made = self.core(batch).tolist()
        seconds = time.perf_counter() - begun
        return [self.post(row, digest, seconds) for row, digest in zip(made, batch.hashes, strict=True)]

    def pre(self, contexts: Sequence[Context]) -> Batch:
        """Contexts → ids, masks and dice, all on the CPU."""
        budget, causal = self.checkpoint.context_budget, self.generation.architecture == "causal"
        rows = [self.words.context(context.utterances, budget) for context in contexts]
        width = max(map(len, rows))
        ids = torch.full((len(rows), width), self.words.pad, dtype=torch.int64)  # (B, T)
        mask = torch.zeros_like(ids)  # (B, T)
        for number, row in enumerate(rows):
            place = slice(width - len(row), width) if causal else slice(0, len(row))
            ids[number, place], mask[number, place] = torch.tensor(row), 1
        given = self._given(contexts)
        return Batch(
            ids=ids,
            mask=mask,
            dice=dice_of([context.seed for context in contexts], self.steps),
            forced=torch.tensor([self.words.strategies[name] for name in given]) if given else None,
            hashes=[hash_of(row, name) for row, name in zip(rows, given or [""] * len(rows), strict=True)],
        )

    @torch.inference_mode()
    def core(self, batch: Batch) -> torch.Tensor:
        """Ids → (B, ≤ steps) int64 on the device: the strategy's token (not for vanilla), the words, <eos>, padding."""
        ids, mask = batch.ids.to(self.device), batch.mask.to(self.device)  # (B, T)
        causal = self.generation.architecture == "causal"
        start = ids.shape[1] if causal else 1  # a decoder starts with one token of its own
        draw = Draw(
            self.generation.decoding,
            prompt=start,
            strategies=self._strategies,
            forced=None if batch.forced is None else batch.forced.to(self.device),
            unspeakable=self._unspeakable,
            eos=self.words.eos,
            dice=batch.dice.to(self.device),
        )
        made = self.checkpoint.model.generate(  # type: ignore[operator]
            ids,
            attention_mask=mask,
            do_sample=False,  # `draw` leaves one token to take
            num_beams=1,
            max_new_tokens=self.steps,
            pad_token_id=self.words.pad,
            eos_token_id=self.words.eos,
            logits_processor=LogitsProcessorList([draw]),
        )
        return cast("torch.Tensor", made)[:, start:]  # (B, ≤ steps)

    def post(self, made: Sequence[int], prompt_hash: str, seconds: float) -> Reply:
        """(≤ steps,) ids of one row → what is said."""
        ids = list(made)
        strategy = self._names[ids[0]] if self._names else Strategy.OTHERS.value
        words = ids[1:] if self._names else ids
        if self.words.eos in words:
            words = words[: words.index(self.words.eos)]
        text = str(self.words.tokenizer.decode(words, skip_special_tokens=True))
        said = tidy(text, lower_case=self.generation.lower_case)
        return Reply(strategy, said, len(words) + bool(self._names), seconds, prompt_hash)

    @property
    def steps(self) -> int:
        """Tokens that a reply may have, its strategy's among them."""
        return self.generation.decoding.max_new_tokens + bool(self._names)

    def _given(self, contexts: Sequence[Context]) -> list[str]:
        """(B,) strategies that are not the model's own choice; empty where it chooses itself."""
        if self.generation.variant == "random":
            shares = self.generation.strategy_shares
            names, weights = list(shares), list(shares.values())
            return [Random(context.seed).choices(names, weights)[0] for context in contexts]  # noqa: S311 — no secret
        if self.generation.variant == "oracle":
            unknown = {context.given for context in contexts} - set(self.words.strategies)
            if unknown:
                raise ValueError(f"oracle was given {sorted(unknown)}, and knows {sorted(self.words.strategies)}")
            return [context.given for context in contexts]
        return []

    def _never_said(self) -> list[int]:
        """Ids that belong in no text: strategies, what frames one (but <eos>), and weights that no word belongs to."""
        tokenizer, rows = self.words.tokenizer, vocabulary_of(self.checkpoint.model)
        wordless = set(range(rows)) - set(tokenizer.get_vocab().values())
        never = {*self._names, *tokenizer.all_special_ids, self.words.pad, *wordless}
        return sorted(never - {self.words.eos})


def load_tensors(spec: EngineSpec) -> TensorEngine:
    """The engine of a seq2seq or causal spec, warm. Raises FileRefusal where its checkpoint cannot speak."""
    assert spec.engine in ("seq2seq", "causal")
    checkpoint = read_checkpoint(
        spec.checkpoint, spec.engine, variant=spec.variant, decoding=dict(spec.decoding), device=spec.device
    )
    engine = TensorEngine(checkpoint)
    given = next(iter(engine.words.strategies), "")
    engine.reply([Context((), seed=0, given=given)])  # kernels are chosen and memory is taken now, not in a chat
    return engine
