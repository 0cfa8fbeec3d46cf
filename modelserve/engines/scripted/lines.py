"""The lines that the scripted supporter can say, read from lines.toml and checked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from esc.ontology import Strategy

SLOTS = ("fragment", "feeling", "topic")


@dataclass(frozen=True)
class Line:
    """One sentence or two, perhaps with a slot for the seeker's own words."""

    text: str

    @cached_property
    def slots(self) -> frozenset[str]:
        return frozenset(re.findall(r"\{(\w+)\}", self.text))

    def fits(self, words: Mapping[str, str]) -> bool:
        """Whether there is a word for every slot."""
        return self.slots <= words.keys()

    def filled(self, words: Mapping[str, str]) -> str:
        return self.text.format_map(words)

    def was_said_in(self, text: str) -> bool:
        """Whether that utterance is this line, whatever its slots held."""
        return bool(self._spoken.fullmatch(text)) if self.slots else text == self.text

    @cached_property
    def _spoken(self) -> re.Pattern[str]:
        return re.compile(".+".join(re.escape(part) for part in re.split(r"\{\w+\}", self.text)))


@dataclass(frozen=True)
class Group:
    """Lines of one strategy that serve the same purpose."""

    name: str
    strategy: Strategy
    lines: tuple[Line, ...]


@lru_cache(maxsize=1)
def groups() -> Mapping[str, Group]:
    """Every group of lines.toml by its name."""
    text = (files(__package__) / "lines.toml").read_text(encoding="utf-8")
    return {name: _group(name, part) for name, part in tomllib.loads(text).items()}


def _group(name: str, part: Mapping[str, Any]) -> Group:
    lines = tuple(Line(text) for text in part["lines"])
    for line in lines:
        if unknown := line.slots - set(SLOTS):
            raise ValueError(f"lines.toml, {name}: expected slots among {', '.join(SLOTS)}, found {sorted(unknown)}")
    return Group(name, Strategy(part["strategy"]), lines)
