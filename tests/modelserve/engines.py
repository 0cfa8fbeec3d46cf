"""Engines for the worker's tests: one that keeps what it was told, one that fails, one that says what it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from esc.ontology import Strategy
from modelserve.engines.base import Context, Failure, Reply

QUESTION = Strategy.QUESTION.value


class Listener:
    """Answers with the number of utterances it was told, and keeps every batch of contexts."""

    speaks = frozenset({QUESTION})

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.batches: list[list[Context]] = []
        self.meanwhile = meanwhile  # what happens elsewhere while it thinks

    def reply(self, contexts: Sequence[Context]) -> list[Reply]:
        self.batches.append(list(contexts))
        self.meanwhile()
        texts = [f"I read {len(context.utterances)} of your messages." for context in contexts]
        return [Reply(QUESTION, text, len(text.split()), 0.0, prompt_hash="ab" * 32) for text in texts]


class Broken:
    """Never gets as far as a reply."""

    speaks = frozenset({QUESTION})

    def reply(self, contexts: Sequence[Context]) -> list[Reply]:
        raise MemoryError("the engine is out of memory")


class Says:
    """One list of replies for each time it is asked; None is a failure of that row. The last list is said for ever."""

    speaks = frozenset({QUESTION})

    def __init__(self, *rounds: Sequence[str | None]) -> None:
        self.rounds = list(rounds)
        self.asked: list[list[Context]] = []

    def reply(self, contexts: Sequence[Context]) -> list[Reply | Failure]:
        texts = self.rounds[min(len(self.asked), len(self.rounds) - 1)]
        self.asked.append(list(contexts))
        return [
            Failure("the server did not answer", 0.5) if text is None else Reply(QUESTION, text, 3, 0.25)
            for text in texts[: len(contexts)]
        ]
