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
    an engine reads is its own affair. The same context gives the same reply, so that a turn may be taken again;
    another seed draws another one.
    """

    utterances: tuple[Heard, ...]
    seed: int
    given: str = ""  # the strategy that the `oracle` variant is given (paper, §6.2); offline only, no chat fills it


@dataclass(frozen=True, slots=True)
class Reply:
    """One supporter utterance."""

    strategy: str  # one of what the engine speaks
    text: str  # up to 2,000 code points; may be blank, which a worker's filter refuses
    tokens: int  # what the engine made, in its own unit; the scripted one counts words
    seconds: float  # that its batch took
    prompt_hash: str = ""  # SHA-256 of what the engine really read, as hex; "" for one that reads no prompt


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one context got no reply, in words for a researcher. The other rows of the batch have theirs."""

    reason: str
    seconds: float  # until it was known


class Engine(Protocol):
    """Anything that can take the supporter's seat."""

    @property
    def speaks(self) -> frozenset[str]:
        """The strategies it may use; a study needs to have all of them."""
        ...

    def reply(self, contexts: Sequence[Context]) -> Sequence[Reply | Failure]:
        """One reply for each context, in their order; a Failure in the place of each that this engine has none for.

        An engine that runs in this process gives replies alone. One behind HTTP gives a Failure where the server was
        silent, refused or answered what is no reply. Whatever is raised concerns the whole batch.
        """
        ...
