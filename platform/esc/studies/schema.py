"""The shape of a protocol file: what a study says, and what is refused with the key at fault (DESIGN §3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, StringConstraints, field_validator, model_validator

from esc.ontology import Labels, Outcome, Role, Stage
from esc.studies.danger import Alerts, Crisis, Danger
from esc.studies.parts import Language, Name, Part, Seconds, Sentence, Slug
from esc.text import LengthUnit

Score = Annotated[int, Field(ge=1, le=5)]
Money = Annotated[Decimal, Field(ge=0, max_digits=8, decimal_places=2)]
SurveyName = Literal["seeker_before", "seeker_after", "supporter_after"]


class StudyPart(Part):
    title: Sentence
    language: Language
    time_zone: str
    roles_per_person: Literal["one", "both"]
    minutes: Annotated[int, Field(gt=0)]  # what a participant is told a conversation takes, surveys included
    contact: str = ""  # an e-mail address for participants' questions

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"expected an IANA time zone such as 'Europe/Berlin', found {name!r}")
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Consent(Part):
    """What a person agrees to. Each point is a sentence with a box of its own; all are needed."""

    version: Name
    text: Sentence  # paragraphs, parted by empty lines
    points: Annotated[dict[str, Sentence], Field(min_length=1)]

    @field_validator("points")
    @classmethod
    def _adult(cls, points: dict[str, str]) -> dict[str, str]:
        missing = {"adult", "read_live", "program"} - points.keys()
        if missing:
            raise ValueError(f"expected the points adult, read_live and program; missing: {', '.join(sorted(missing))}")
        return points


class StageOption(Part):
    name: Stage
    definition: Sentence


class StrategyOption(Part):
    name: Name
    stages: Annotated[list[Stage], Field(min_length=1)]
    definition: Sentence
    example: Sentence


class Option(Part):
    """One answer of a closed list: `value` is stored and exported, `label` is what people read."""

    value: Sentence
    label: Sentence
    offered: bool = True  # False: accepted from a corpus file, not shown to anyone


class Scale(Part):
    """Five steps in words, 1 to 5; the first and the last stand at the ends of the scale."""

    words: Annotated[list[Sentence], Field(min_length=5, max_length=5)]

    def word(self, score: int) -> str:
        return self.words[score - 1]


class Item(Part):
    """One question of a survey. `echo` repeats a scale's answer; {score}, {word} and {emotion} are filled in."""

    key: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    kind: Literal["choice", "scale", "text"]
    question: Sentence
    help: str = ""
    options: Literal["problems", "emotions", "experience_origins"] | None = None
    scale: str | None = None
    echo: str = ""
    required: bool = True
    min_length: Annotated[int, Field(ge=0)] = 0  # code points
    max_length: Annotated[int, Field(gt=0, le=5000)] = 2000  # code points

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind == "choice" and self.options is None:
            raise ValueError(
                f'item {self.key!r}: a choice needs options = "problems", "emotions" or "experience_origins"'
            )
        if self.kind == "scale" and self.scale is None:
            raise ValueError(f"item {self.key!r}: a scale item needs scale = the name of one of [scales]")
        return self


class Surveys(Part):
    seeker_before: list[Item]
    seeker_after: list[Item]
    supporter_after: list[Item]

    @model_validator(mode="after")
    def _has_what_the_corpus_needs(self) -> Self:
        needed = {
            "seeker_before": {
                "problem_type",
                "emotion_type",
                "initial_emotion_intensity",
                "situation",
                "experience_type",
            },
            "seeker_after": {"final_emotion_intensity", "empathy", "relevance"},
            "supporter_after": {"detail"},
        }
        for name, keys in needed.items():
            items: list[Item] = getattr(self, name)
            _refuse_doubles(f"{name}: item", (item.key for item in items))
            if missing := keys - {item.key for item in items}:
                raise ValueError(f"{name}: expected items with the keys {', '.join(sorted(missing))}")
        return self

    def items(self, survey: SurveyName) -> list[Item]:
        found: list[Item] = getattr(self, survey)
        return found


class Length(Part):
    unit: LengthUnit


class FeedbackRules(Part):
    interval: Annotated[int, Field(ge=1)]  # supporter utterances to a feedback (the paper: 2)
    required: bool
    scale: str
    question: Sentence


class ApprovalRules(Part):
    """The thresholds of the preliminary filter and of auto-approval (paper §4.3, Table 7's first row)."""

    utterances: Annotated[int, Field(ge=1)]
    improvement: Annotated[int, Field(ge=-4, le=4)]
    supporter_length: Annotated[float, Field(ge=0)]  # mean of the study's length unit
    empathy: Score
    relevance: Score
    seeker_length: Annotated[float, Field(ge=0)]
    detail: Score | None = None  # the paper's chosen rule does not ask for it
    supporter_criteria: Annotated[int, Field(ge=1, le=4)]  # how many of the supporter's four must hold
    last_feedback: Score  # without a survey: the last two feedback scores are greater than this


class Training(Part):
    """The supporter's gate. Every study says which content it teaches: a folder of `tutorial/content`."""

    content: Annotated[str, StringConstraints(pattern=r"^[a-z][a-zA-Z0-9-]*$", max_length=40)] = "en"
    questions: Annotated[int, Field(ge=1)]  # in one examination, drawn from the bank
    pass_mark: Annotated[int, Field(ge=1)]
    attempts: Annotated[int, Field(ge=1)]
    cool_down: Annotated[int, Field(ge=0, le=604_800)]  # seconds between two attempts
    time_limit: Seconds  # of one attempt, in seconds
    minutes: Annotated[int, Field(gt=0)]  # lessons, practice and one examination: announced, and paid at most
    examination_minutes: Annotated[int, Field(gt=0)] = 10  # one more examination: what a further attempt adds to that

    @model_validator(mode="after")
    def _can_be_passed(self) -> Self:
        if self.pass_mark > self.questions:
            raise ValueError(f"pass_mark: expected at most the number of questions, {self.questions}")
        if self.examination_minutes > self.minutes:
            raise ValueError(f"examination_minutes: expected at most the minutes of the whole training, {self.minutes}")
        return self


class ChatRules(Part):
    opens: Literal["either", "seeker", "supporter"]
    # What a page may send, in one go if need be. Far above what anyone types, it stops a program that runs wild.
    messages_per_minute: Annotated[int, Field(ge=1)] = 120
    # How often an agent's turn is taken, each time for a lease, until its conversation ends as `model_failed`.
    turn_tries: Annotated[int, Field(ge=1, le=100)] = 4


class Clocks(Part):
    """Every clock of the chat, each its own; all in seconds."""

    lobby: Seconds
    connect: Seconds
    first_message: Seconds
    silence_nudge: Seconds
    silence_end: Seconds
    reconnect_grace: Seconds
    proposed_end: Seconds
    turn_delay: Seconds
    turn_lease: Seconds
    turn_notice: Seconds = 30  # after an agent's turn became due, until the seeker is told that nothing comes
    survey_deadline: Seconds


class PerMinute(Part):
    waiting: Money
    chat: Money
    training: Money


class Pay(Part):
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    conversation: Money  # for a completed conversation
    per_minute: PerMinute


class OutcomeRule(Part):
    completion_code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{4,64}$")]
    pay: Literal["conversation", "minutes", "none"]


class Typing(Part):
    """How long an agent is seen typing before a reply: equal for all agents of a study, in seconds."""

    base: Annotated[float, Field(ge=0, le=30)]
    per_character: Annotated[float, Field(ge=0, le=1)]
    longest: Annotated[float, Field(gt=0, le=60)]


class Agent(Part):
    """Who sits in the supporter's seat: the built-in script, or the model that the admin has under this name."""

    name: Name
    engine: Literal["scripted", "model"]
    disclosure: Literal["header", "consent"] = "header"
    may_claim_to_be_human: bool = False


class SafeReply(Part):
    """What a model says where nothing that it made may be said."""

    strategy: Name
    text: Sentence


class Arm(Part):
    """One condition. `supporter` is "person" or the name of an agent; `weight` 0 is reached only by a link."""

    name: Slug
    supporter: Sentence
    weight: Annotated[float, Field(ge=0)]


class Panel(Part):
    """Where participants come from. A preset fills the URL parameters in; each can be named anew."""

    name: Slug
    preset: Literal["prolific", "generic", "mturk", "direct"]
    person: str | None = None
    study: str | None = None
    submission: str | None = None
    completion_url: str | None = None  # {code} is replaced by the outcome's completion code


class Limits(Part):
    max_conversations: Annotated[int, Field(ge=1)]


class SupporterLimits(Limits):
    daily_limit: Annotated[int, Field(ge=1)]  # conversations begun in one day of the study's time zone


class Protocol(Part):
    """A whole study. Two equal files make equal protocols; a frozen copy is never changed."""

    study: StudyPart
    consent: Consent
    stages: list[StageOption]
    strategies: Annotated[list[StrategyOption], Field(min_length=2)]
    problems: list[Option]
    emotions: list[Option]
    experience_origins: list[Option]
    scales: dict[str, Scale]
    surveys: Surveys
    length: Length
    feedback: FeedbackRules
    approval: ApprovalRules
    training: Training
    chat: ChatRules
    seeker: Limits
    supporter: SupporterLimits
    clocks: Clocks
    pay: Pay
    outcomes: dict[Outcome, OutcomeRule]
    crisis: Crisis
    danger: Danger
    alerts: Alerts = Alerts()
    typing: Typing
    agents: list[Agent] = []
    safe_replies: list[SafeReply] = []
    arms: Annotated[list[Arm], Field(min_length=1)]
    panels: Annotated[list[Panel], Field(min_length=1)]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        for what, names in {
            "strategies": [strategy.name for strategy in self.strategies],
            "problems": [option.value for option in self.problems],
            "emotions": [option.value for option in self.emotions],
            "experience_origins": [option.value for option in self.experience_origins],
            "agents": [agent.name for agent in self.agents],
            "arms": [arm.name for arm in self.arms],
            "panels": [panel.name for panel in self.panels],
        }.items():
            _refuse_doubles(what, names)
        if missing := [outcome.value for outcome in Outcome if outcome not in self.outcomes]:
            raise ValueError(f"outcomes: expected a part for every outcome; missing: {', '.join(missing)}")
        if not self.danger.covers(self.study.language):
            raise ValueError(f"danger.lists: expected a list for the study's language, {self.study.language!r}")
        self._has_safe_replies()
        seats = {"person", *(agent.name for agent in self.agents)}
        for arm in self.arms:
            if arm.supporter not in seats:
                raise ValueError(f"arms.{arm.name}.supporter: expected one of {sorted(seats)}, found {arm.supporter!r}")
        if not any(arm.weight for arm in self.arms):
            raise ValueError("arms: expected at least one arm with a weight above 0")
        for name in [self.feedback.scale, *(item.scale for item in self._items() if item.scale)]:
            if name not in self.scales:
                raise ValueError(f"scales: expected a scale named {name!r}, which an item or the feedback uses")
        for field in ("problems", "emotions", "experience_origins"):
            if not any(option.offered for option in getattr(self, field)):
                raise ValueError(f"{field}: expected at least one that is offered")
        return self

    def _has_safe_replies(self) -> None:
        """A model may never be without a word; and every strategy here is one of the study's."""
        if not self.safe_replies and any(agent.engine == "model" for agent in self.agents):
            raise ValueError('safe_replies: expected at least one, for an agent whose engine is "model"')
        for reply in self.safe_replies:
            if reply.strategy not in self.strategy_names:
                raise ValueError(f"safe_replies: expected strategies of this study, found {reply.strategy!r}")

    def _items(self) -> list[Item]:
        return [*self.surveys.seeker_before, *self.surveys.seeker_after, *self.surveys.supporter_after]

    @property
    def strategy_names(self) -> list[str]:
        return [strategy.name for strategy in self.strategies]

    def offered(self, options: Literal["problems", "emotions", "experience_origins"]) -> list[Option]:
        listed: list[Option] = getattr(self, options)
        return [option for option in listed if option.offered]

    def labels(
        self, kind: Literal["strategy", "problem", "emotion", "experience"], mapped: dict[str, str] | None = None
    ) -> Labels:
        """The closed list of one kind, offered or not, with every accepted spelling and the caller's own mapping."""
        names = {
            "strategy": self.strategy_names,
            "problem": [option.value for option in self.problems],
            "emotion": [option.value for option in self.emotions],
            "experience": [option.value for option in self.experience_origins],
        }
        return Labels(kind, names[kind], mapped)

    def max_conversations(self, role: Role) -> int:
        return (self.seeker if role is Role.SEEKER else self.supporter).max_conversations

    def arm(self, name: str) -> Arm:
        return next(arm for arm in self.arms if arm.name == name)

    def agent(self, name: str) -> Agent:
        return next(agent for agent in self.agents if agent.name == name)

    def agent_of(self, arm: str) -> Agent | None:
        """Who sits in the supporter's seat of that arm; None where people do."""
        seated = {one.name: one.supporter for one in self.arms}.get(arm, "person")
        return None if seated == "person" else self.agent(seated)

    def scale_word(self, scale: str, score: int) -> str:
        return self.scales[scale].word(score)


def _refuse_doubles(what: str, names: Iterable[str]) -> None:
    if doubled := [name for name, count in Counter(names).items() if count > 1]:
        raise ValueError(f"{what}: expected each once, found twice: {', '.join(doubled)}")
