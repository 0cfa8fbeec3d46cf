"""From utterances to token ids: one way for training and for serving, so that a model reads what it learned from."""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from esc.ontology import Role
from modelserve.engines.base import Heard
from modelserve.engines.tensors.generation import Generation, token_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class Words:
    """A tokenizer and what this project needs to know of it."""

    tokenizer: PreTrainedTokenizerBase
    generation: Generation

    @cached_property
    def eos(self) -> int:
        """Ends every utterance of a context, and the reply."""
        found = self.tokenizer.eos_token_id
        assert isinstance(found, int)
        return found

    @cached_property
    def pad(self) -> int:
        """Fills rows up; DialoGPT has no token of its own for it, and none is needed behind a mask."""
        found = self.tokenizer.pad_token_id
        return found if isinstance(found, int) else self.eos

    @cached_property
    def strategies(self) -> Mapping[str, int]:
        """Strategy → id of its token; empty for a vanilla checkpoint."""
        known = self.tokenizer.get_vocab()
        return {name: known[token_of(name)] for name in self.generation.strategies}

    @cached_property
    def _marks(self) -> re.Pattern[str]:
        """Every piece of text that the tokenizer would take for a token of its own instead of what somebody wrote."""
        marks = {*self.tokenizer.all_special_tokens, *self.tokenizer.get_added_vocab()}
        return re.compile("|".join(map(re.escape, sorted(marks, key=len, reverse=True))) or r"(?!)", re.IGNORECASE)

    def of(self, text: str) -> list[int]:
        """The ids of a text. What looks like a token of ours in it stays text: nobody steers a model by typing one."""
        plain = self._marks.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)
        found = self.tokenizer(plain, add_special_tokens=False, verbose=False)["input_ids"]
        return [int(one) for one in found]

    def utterance(self, heard: Heard) -> list[int]:
        """`text <eos>` for the seeker, `[Strategy] text <eos>` for the supporter.

        Without the first for vanilla, and for a strategy that the checkpoint never learned.
        """
        token = self.strategies.get(heard.strategy) if heard.role is Role.SUPPORTER else None
        return [*([] if token is None else [token]), *self.of(heard.text), self.eos]

    def context(self, utterances: Sequence[Heard], budget: int) -> list[int]:
        """The last `context_utterances`, flattened, in at most `budget` tokens.

        The latest ones stay whole and older ones go, whole too. Only where the last one alone is too long does it
        lose its beginning. Nothing said yet: the end of an utterance that nobody made, for a model reads something.
        """
        kept: list[int] = []
        for heard in reversed(utterances[-self.generation.context_utterances :]):
            ids = self.utterance(heard)
            if len(kept) + len(ids) > budget:
                return kept or ids[-budget:]
            kept = [*ids, *kept]
        return kept or [self.eos]


def hash_of(ids: Sequence[int], forced: str = "") -> str:
    """SHA-256 (hex) of what a model read: the ids, and the strategy where one was forced on it."""
    return hashlib.sha256(array("q", ids).tobytes() + forced.encode()).hexdigest()
