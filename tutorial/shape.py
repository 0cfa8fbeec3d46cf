"""The shape of the training's content files: lessons with their questions, the practice chat, and what all share.

Everything a person reads in the training stands in these files, so that a researcher can edit or translate it.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from esc.ontology import Role
from esc.studies.parts import Language, Name, Part, Sentence

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
Sentences = Annotated[list[Sentence], Field(min_length=1)]

STAGES_SHOWN = range(2, 6)  # how many stages a short excerpt may show


class Line(Part):
    """One message of an excerpt: `seeker = "…"` or `supporter = "…"`. `why` marks it and stands beside it."""

    seeker: Sentence | None = None
    supporter: Sentence | None = None
    why: str = ""
    aim: str = ""  # shown: what the supporter wants to reach with it
    strategy: str = ""  # never shown: which strategy it is, so that its stage can be checked

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if (self.seeker is None) == (self.supporter is None):
            raise ValueError('expected seeker = "…" or supporter = "…", one of the two')
        return self

    @property
    def role(self) -> Role:
        return Role.SEEKER if self.seeker is not None else Role.SUPPORTER

    @property
    def text(self) -> str:
        return self.seeker or self.supporter or ""


Talk = Annotated[list[Line], Field(min_length=1)]


class Example(Part):
    about: Sentence
    talk: Talk

    @model_validator(mode="after")
    def _marks_something(self) -> Self:
        if not any(line.why for line in self.talk):
            raise ValueError("talk: expected at least one message with a why")
        return self


class Poor(Part):
    """A poor reply beside the example, and why it is poor."""

    seeker: Sentence
    supporter: Sentence
    why: Sentence


class Choice(Part):
    """One option of a lesson's question; `because` is shown once somebody has chosen."""

    text: Sentence
    because: Sentence
    right: bool = False


class Exercise(Part):
    """The question at the end of a lesson."""

    ask: Sentence
    talk: list[Line] = []
    options: Annotated[list[Choice], Field(min_length=2, max_length=6)]

    @model_validator(mode="after")
    def _one_is_right(self) -> Self:
        if (found := sum(option.right for option in self.options)) != 1:
            raise ValueError(f"options: expected exactly one with right = true, found {found}")
        _refuse_doubles("options", [option.text for option in self.options])
        return self


class Lesson(Part):
    """One thing to learn. `topic` is a strategy's or a stage's name where the lesson is about one."""

    title: Sentence
    kind: Literal["stage", "strategy", "more"]
    topic: Name
    what: Sentence
    helps: Sentences
    harms: Sentences
    example: Example
    poor: Poor
    exercise: Exercise


class Item(Part):
    """One question of the bank. What it needs beside `talk` depends on its kind:

    strategy, stage: `answer`, the name; the options are all names. reply: `right` and two to four `wrong` replies.
    order: `stages`, in the order of the supporter's messages; the options are the orders there could be.
    """

    id: Id
    kind: Literal["strategy", "reply", "stage", "order"]
    ask: str = ""  # instead of the kind's usual sentence
    talk: Talk
    answer: Name | None = None
    right: Sentence | None = None
    wrong: Annotated[list[Sentence], Field(max_length=4)] = []
    stages: list[Name] = []

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        needed = {"strategy": {"answer"}, "stage": {"answer"}, "reply": {"right", "wrong"}, "order": {"stages"}}
        given = {name for name in ("answer", "right", "wrong", "stages") if getattr(self, name)}
        if given != needed[self.kind]:
            raise ValueError(
                f"a question of the kind {self.kind} needs {' and '.join(sorted(needed[self.kind]))} and no other "
                f"answer; found {' and '.join(sorted(given)) or 'none'}"
            )
        getattr(self, f"_check_{self.kind}")()
        return self

    def _check_strategy(self) -> None:
        if self.talk[-1].role is not Role.SUPPORTER:
            raise ValueError("talk: expected a supporter's message at the end: it is the one that is asked about")

    def _check_reply(self) -> None:
        if len(self.wrong) < 2:
            raise ValueError("wrong: expected two to four wrong replies")
        _refuse_doubles("right, wrong", [self.right or "", *self.wrong])
        if self.talk[-1].role is not Role.SEEKER:
            raise ValueError("talk: expected a seeker's message at the end: the reply comes after it")

    def _check_stage(self) -> None:
        if not (self.talk[-1].aim or self.talk[-1].strategy):
            raise ValueError("talk: expected an aim or a strategy with the last message, else its stage is open")

    def _check_order(self) -> None:
        theirs = [line for line in self.talk if line.role is Role.SUPPORTER]
        if len(theirs) != len(self.stages) or len(theirs) not in STAGES_SHOWN:
            raise ValueError(
                f"stages: expected one for each of the supporter's messages, 2 to 5 of them; found {len(self.stages)} "
                f"for {len(theirs)}"
            )
        if not all(line.aim or line.strategy for line in theirs):
            raise ValueError("talk: expected an aim or a strategy with every message of the supporter")


class LessonFile(Part):
    """One file: a lesson, and the bank's questions about what it teaches."""

    lesson: Lesson
    questions: list[Item] = []


class Asks(Part):
    """What is asked in a question of each kind."""

    strategy: Sentence
    reply: Sentence
    stage: Sentence
    order: Sentence


class Shared(Part):
    """What belongs to no single lesson."""

    version: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    language: Language
    words_per_minute: Annotated[int, Field(ge=50, le=400)]
    seconds_per_question: Annotated[int, Field(ge=5, le=300)]
    practice_minutes: Annotated[int, Field(ge=1, le=60)]
    asks: Asks


class Step(Part):
    """What the scripted seeker says next. `after` has other words for an answer to that strategy."""

    says: Sentence
    after: dict[Name, Sentence] = {}


class Script(Part):
    """One scripted seeker: the first message, then one for each exchange; the last one says goodbye."""

    title: Sentence
    opening: Sentence
    steps: Annotated[list[Step], Field(min_length=6, max_length=6)]


class Practice(Part):
    """The practice chat's scripts, and the words of each remark (`tutorial.remarks` says when)."""

    remarks: dict[Id, Sentence]
    scripts: Annotated[list[Script], Field(min_length=1)]


def _refuse_doubles(what: str, texts: list[str]) -> None:
    if doubled := [text for text, count in Counter(texts).items() if count > 1]:
        raise ValueError(f"{what}: expected each once, found twice: {'; '.join(doubled)}")
