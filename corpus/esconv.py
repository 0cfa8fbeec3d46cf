"""The shape of a conversation in the release's format, and what is refused in it (DESIGN §7).

Every spelling that released files use is accepted and comes out canonical; labels are the protocol's own.
Unknown keys are refused, because an import that drops them in silence could not give the file back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from esc.errors import Refusal
from esc.ontology import Labels, Role
from esc.studies.schema import Protocol
from esc.text import check_storable, is_blank


@dataclass(frozen=True)
class Reading:
    """How a file's labels are read: by the protocol's closed lists and the reader's own mapping."""

    labels: Mapping[str, Labels]

    @classmethod
    def under(cls, protocol: Protocol, mapped: Mapping[str, str] | None = None) -> Reading:
        own = dict(mapped or {})
        return cls(
            {
                "speaker": Labels("speaker", Role, own),
                "strategy": protocol.labels("strategy", own),
                "problem": protocol.labels("problem", own),
                "emotion": protocol.labels("emotion", own),
                "experience": protocol.labels("experience", own),
            }
        )

    def knows(self, label: str) -> bool:
        """Whether that is an accepted spelling of a label of any kind."""
        for labels in self.labels.values():
            with suppress(ValueError):
                labels.canonical(label)
                return True
        return False


def _storable(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected text, found {_kind(value)}")
    try:
        return check_storable(value)
    except Refusal as refusal:
        raise ValueError("this text holds a character that cannot be stored (U+0000 or half of a pair)") from refusal


def _kind(value: object) -> str:
    """What a JSON value is, in a reader's words."""
    words: Mapping[type, str] = {bool: "true or false", int: "a number", float: "a number", list: "an array"}
    return "null" if value is None else words.get(type(value), "an object")


def _readable(text: str) -> str:
    if is_blank(text):
        raise ValueError("an utterance needs text; this one is blank")
    return text


def _score(value: object) -> int:
    """1 to 5, written as text (as the release does) or as a whole number."""
    if isinstance(value, str) and value in {"1", "2", "3", "4", "5"}:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 5:
        return value
    shown = repr(value[:20]) if isinstance(value, str) else repr(value) if isinstance(value, int) else _kind(value)
    raise ValueError(f"expected a score from 1 to 5, found {shown}")


def _canonical(kind: str) -> Callable[[str, ValidationInfo], str]:
    def canonical(label: str, info: ValidationInfo) -> str:
        assert isinstance(info.context, Reading)
        return info.context.labels[kind].canonical(label)

    return canonical


Text = Annotated[str, BeforeValidator(_storable)]
Content = Annotated[Text, AfterValidator(_readable)]
Score = Annotated[int, BeforeValidator(_score)]
Speaker = Annotated[Text, AfterValidator(_canonical("speaker"))]
StrategyLabel = Annotated[Text, AfterValidator(_canonical("strategy"))]
ProblemLabel = Annotated[Text, AfterValidator(_canonical("problem"))]
EmotionLabel = Annotated[Text, AfterValidator(_canonical("emotion"))]
ExperienceLabel = Annotated[Text, AfterValidator(_canonical("experience"))]


class Part(BaseModel):
    """A part of a record. A key may be missing (and then is not "set"), but it is never null."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Annotation(Part):
    strategy: StrategyLabel = ""
    feedback: Score = 0


class Utterance(Part):
    speaker: Speaker
    annotation: Annotated[Annotation, Field(validate_default=True)] = Annotation()
    content: Content

    @field_validator("annotation")
    @classmethod
    def _belongs_to_its_speaker(cls, annotation: Annotation, info: ValidationInfo) -> Annotation:
        """A supporter's utterance has a strategy and nothing else; a seeker's may bear a feedback score."""
        has = annotation.model_fields_set
        speaker = info.data.get("speaker")  # missing where it was refused itself
        if speaker == Role.SUPPORTER and has != {"strategy"}:
            raise ValueError(f"a supporter's utterance needs a strategy and nothing else, found {_listed(has)}")
        if speaker == Role.SEEKER and "strategy" in has:
            raise ValueError("a seeker's utterance has no strategy; it may bear a feedback score")
        return annotation


def _listed(keys: set[str]) -> str:
    return " and ".join(sorted(keys)) or "none"


class SeekerScores(Part):
    initial_emotion_intensity: Score = 0
    empathy: Score = 0
    relevance: Score = 0
    final_emotion_intensity: Score = 0


class SupporterScores(Part):
    relevance: Score = 0


class SurveyScore(Part):
    seeker: SeekerScores = SeekerScores()
    supporter: SupporterScores = SupporterScores()


class Record(Part):
    """One conversation. Only `dialog` is needed; `given` says which other keys the file had."""

    experience_type: ExperienceLabel = ""
    emotion_type: EmotionLabel = ""
    problem_type: ProblemLabel = ""
    situation: Text = ""
    survey_score: SurveyScore = SurveyScore()
    dialog: Annotated[list[Utterance], Field(min_length=1)]
    seeker_question1: Text = ""
    seeker_question2: Text = ""
    supporter_question1: Text = ""
    supporter_question2: Text = ""

    @property
    def given(self) -> dict[str, Any]:
        """The canonical values of the keys that the file had, and of no others."""
        return self.model_dump(exclude_unset=True)
