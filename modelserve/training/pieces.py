"""Conversations cut into what a model learns from: 4 utterances, and what the supporter says next (Appendix C)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from esc.ontology import Role
from modelserve.engines.base import Heard

Dialogue = tuple[Heard, ...]
INTERVALS = ("0–20 %", "20–40 %", "40–60 %", "60–80 %", "80–100 %", "the last")


@dataclass(frozen=True, slots=True)
class Piece:
    """One supporter utterance and the last ones before it: fewer than 4 at the start, as in a chat."""

    conversation: int  # its place in the file, from 0
    context: Dialogue
    target: Heard
    progress: float  # k/L of the target in its conversation, k from 1 (paper, §5.2)

    @property
    def interval(self) -> int:
        """Which of the six intervals [0, 0.2) … [0.8, 1), {1} of the conversation's progress (DESIGN §7)."""
        return min(int(self.progress * 5 + 1e-9), 5)


@dataclass(frozen=True)
class Split:
    """The conversations of a file by their places in it, each in exactly one part."""

    training: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]


def split_of(conversations: int, shares: tuple[int, int, int], seed: int) -> Split:
    """By conversation, in random order: whoever is read in training is never met again in a test."""
    order = list(range(conversations))
    Random(seed).shuffle(order)  # noqa: S311 — a choice that can be repeated, no secret
    first = round(conversations * shares[0] / sum(shares))
    second = first + round(conversations * shares[1] / sum(shares))
    return Split(tuple(sorted(order[:first])), tuple(sorted(order[first:second])), tuple(sorted(order[second:])))


def pieces_of(dialogues: Sequence[Dialogue], chosen: Sequence[int], context_utterances: int) -> list[Piece]:
    """Every supporter utterance of the chosen conversations with its context, in the file's order."""
    found = []
    for number in chosen:
        dialogue = dialogues[number]
        for place, heard in enumerate(dialogue):
            if heard.role is Role.SUPPORTER:
                context = dialogue[max(0, place - context_utterances) : place]
                found.append(Piece(number, context, heard, (place + 1) / len(dialogue)))
    return found
