"""The parts of a protocol about danger to life: what is listened for, where help is, and who is told (DESIGN §5)."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from esc.studies.parts import Language, Name, Part, Seconds, Sentence
from esc.studies.phrases import Phrases, phrase_fault

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]  # ISO 3166-1 alpha-2
PhraseId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


def _readable(phrase: str) -> str:
    if fault := phrase_fault(phrase):
        raise ValueError(fault)
    return phrase


Phrase = Annotated[str, AfterValidator(_readable)]


class Resource(Part):
    name: Sentence
    contact: Sentence
    url: str = ""

    @property
    def line(self) -> str:
        """All of it in one line of text."""
        return " ".join(part for part in (f"{self.name}:", self.contact, self.url) if part)


class Crisis(Part):
    """Where a person in danger finds help: by country (ISO 3166-1 alpha-2), and for everyone else."""

    everywhere: Annotated[list[Resource], Field(min_length=1)]
    countries: dict[Country, list[Resource]]

    def resources(self, country: str) -> list[Resource]:
        return [*self.countries.get(country, []), *self.everywhere]


class DangerPhrases(Part):
    """Phrases that mean the same. `to_partner`: said to the other person, who is shown the resources, too."""

    id: PhraseId
    level: Literal["high", "medium"]
    to_partner: bool = False
    says: Annotated[list[Phrase], Field(min_length=1)]


class DangerList(Part):
    """What is listened for in one language. See esc.studies.phrases for how phrases are written.

    Resources are shown wherever a phrase stands, unless it is part of something `harmless`. Right after something
    `lowering` ("I would never …"), and in the reported speech of somebody else, its alert has the level "low".
    """

    language: Language
    spaces: bool = True  # False: the language writes words without spaces
    phrases: Annotated[list[DangerPhrases], Field(min_length=1)]
    lowering: list[Phrase] = []
    harmless: list[Phrase] = []
    first_person: list[Phrase] = []  # words for oneself: who quotes oneself is not lowered
    spellings: dict[str, str] = {}  # how people also write it → as the phrases have it

    @field_validator("phrases")
    @classmethod
    def _each_id_once(cls, phrases: list[DangerPhrases]) -> list[DangerPhrases]:
        _refuse_doubles([phrase.id for phrase in phrases])
        return phrases

    def may_be_heard(self, text: str, words: list[str]) -> bool:
        """Whether anything of it may stand in a text, in whatever way its words are written."""
        return not self._telling.isdisjoint(words) or self._begins(text)

    def heard_in(self, text: str) -> list[tuple[DangerPhrases, Phrases]]:
        """The groups that may stand in a text as it is read; for most texts few or none."""
        by_word, by_beginning = self._index
        numbers = {number for word in by_word.keys() & text.split() for number in by_word[word]}
        spaced = f" {text}"
        numbers.update(number for beginning, number in by_beginning if beginning in spaced)
        return [self.listened_for[number] for number in sorted(numbers)]

    @cached_property
    def listened_for(self) -> list[tuple[DangerPhrases, Phrases]]:
        return [(group, Phrases(group.says, spaces=self.spaces)) for group in self.phrases]

    @cached_property
    def _index(self) -> tuple[dict[str, list[int]], list[tuple[str, int]]]:
        by_word: dict[str, list[int]] = {}
        by_beginning: list[tuple[str, int]] = []
        for number, (_, phrases) in enumerate(self.listened_for):
            for word in phrases.needed:
                by_word.setdefault(word, []).append(number)
            by_beginning += [(beginning, number) for beginning in phrases.begun]
        return by_word, by_beginning

    @cached_property
    def _telling(self) -> frozenset[str]:
        """The words without which no phrase stands in a text, in every way that people write them."""
        words = self._index[0].keys()
        return frozenset(words) | {
            written
            for written, meant in self.spellings.items()
            if not words.isdisjoint(meant.split()) or self._begins(meant)
        }

    def _begins(self, text: str) -> bool:
        spaced = f" {text}"
        return any(beginning in spaced for beginning, _ in self._index[1])

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every whole word of the phrases."""
        return frozenset[str]().union(*(phrases.words for _, phrases in self.listened_for))

    @cached_property
    def lowers(self) -> Phrases:
        return Phrases(self.lowering, spaces=self.spaces)

    @cached_property
    def excuses(self) -> Phrases:
        return Phrases(self.harmless, spaces=self.spaces)

    @cached_property
    def oneself(self) -> Phrases:
        return Phrases(self.first_person, spaces=self.spaces)


class Danger(Part):
    """What is listened for, and what people are told then. Every list is applied to everyone."""

    version: Name
    again_after: Seconds  # until the same person is shown the resources once more
    notice: Sentence  # to the person, before the resources
    told: Sentence  # to the person, after the resources: that researchers know of it
    guidance: Sentence  # to the supporter, when a seeker may be in danger
    lists: Annotated[list[DangerList], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_language_once(self) -> Self:
        _refuse_doubles([listed.language for listed in self.lists])
        return self

    def covers(self, language: str) -> bool:
        """Whether there is a list for that language (of any region or script)."""
        return language.split("-")[0] in {listed.language.split("-")[0] for listed in self.lists}


class Alerts(Part):
    """Where alerts are sent beside the admin. Neither carries a word of what people wrote."""

    email: Annotated[str, StringConstraints(pattern=r"^$|^[^@\s]+@[^@\s]+$")] = ""
    webhook: Annotated[str, StringConstraints(pattern=r"^$|^https?://\S+$")] = ""


def _refuse_doubles(names: list[str]) -> None:
    if doubled := [name for name, count in Counter(names).items() if count > 1]:
        raise ValueError(f"expected each once, found twice: {', '.join(doubled)}")
