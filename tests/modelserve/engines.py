"""Engines for the worker's tests: one that keeps what it was told, one that fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from esc.ontology import Strategy
from modelserve.engines.base import Context, Reply


class Listener:
    """Answers with the number of utterances it was told, and keeps every batch of contexts."""

    speaks = frozenset({Strategy.QUESTION.value})

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.batches: list[list[Context]] = []
        self.meanwhile = meanwhile  # what happens elsewhere while it thinks

    def reply(self, contexts: Sequence[Context]) -> list[Reply]:
        self.batches.append(list(contexts))
        self.meanwhile()
        texts = [f"I read {len(context.utterances)} of your messages." for context in contexts]
        return [Reply(Strategy.QUESTION, text, len(text.split()), 0.0) for text in texts]


class Broken:
    """Never gets as far as a reply."""

    speaks = frozenset({Strategy.QUESTION.value})

    def reply(self, contexts: Sequence[Context]) -> list[Reply]:
        raise MemoryError("the engine is out of memory")
