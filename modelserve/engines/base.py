"""The small interface that every engine stands behind: a batch of contexts in, a batch of replies out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from esc.ontology import Role


@dataclass(frozen=True, slots=True)
class Heard:
    """One utterance as the supporter sees it. `strategy` is "" for the seeker's, a canonical name for its own."""

    role: Role
    text: str
    strategy: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """All that an engine may know: the whole conversation so far, oldest first, and a seed for its dice.

    Nothing of surveys, feedback or people is here (the supporter is blind, DESIGN §5). How many of the utterances
    an engine reads is its own affair. The same context gives the same reply, so that a turn may be taken again.
    """

    utterances: tuple[Heard, ...]
    seed: int


@dataclass(frozen=True, slots=True)
class Reply:
    """One supporter utterance."""

    strategy: str  # one of what the engine speaks
    text: str  # 1–2,000 code points
    tokens: int  # what the engine made, in its own unit; the scripted one counts words
    seconds: float  # that its batch took


class Engine(Protocol):
    """Anything that can take the supporter's seat."""

    @property
    def speaks(self) -> frozenset[str]:
        """The strategies it may use; a study needs to have all of them."""
        ...

    def reply(self, contexts: Sequence[Context]) -> list[Reply]:
        """One reply for each context, in their order."""
        ...
