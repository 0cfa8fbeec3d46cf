"""The field's closed lists, their canonical names and every spelling that released files use for them.

Strategies and stages after the paper's §3.2 and Figure 3, problems and emotions after Table 3 and the later release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Role(StrEnum):
    """The two seats of a conversation."""

    SEEKER = "seeker"
    SUPPORTER = "supporter"

    @property
    def other(self) -> Role:
        return Role.SUPPORTER if self is Role.SEEKER else Role.SEEKER


class Stage(StrEnum):
    EXPLORATION = "Exploration"
    COMFORTING = "Comforting"
    ACTION = "Action"


class Strategy(StrEnum):
    QUESTION = "Question"
    RESTATEMENT = "Restatement or Paraphrasing"
    REFLECTION = "Reflection of feelings"
    SELF_DISCLOSURE = "Self-disclosure"
    AFFIRMATION = "Affirmation and Reassurance"
    SUGGESTIONS = "Providing Suggestions"
    INFORMATION = "Information"
    OTHERS = "Others"


class Purpose(StrEnum):
    """Why a conversation is held. Lobby, quality control, exports and counts take `collect` alone unless asked."""

    COLLECT = "collect"
    PRACTICE = "practice"
    EVALUATE = "evaluate"
    REHEARSE = "rehearse"
    TEST = "test"


class Ending(StrEnum):
    """How a conversation ended; exactly one each."""

    ENDED_BY_SEEKER = "ended_by_seeker"
    ENDED_BY_SUPPORTER = "ended_by_supporter"
    SILENCE = "silence"
    DISCONNECT = "disconnect"
    NO_SHOW = "no_show"
    LEFT_NOW = "left_now"
    REPORTED = "reported"
    STOPPED = "stopped"
    MODEL_FAILED = "model_failed"


class Outcome(StrEnum):
    """How it went for one person; exactly one for each person in a conversation."""

    COMPLETED = "completed"
    PARTNER_LEFT = "partner_left"
    NO_PARTNER = "no_partner"
    LEFT_EARLY = "left_early"
    TIMED_OUT = "timed_out"
    FAILED_TRAINING = "failed_training"
    WITHDREW = "withdrew"
    REMOVED = "removed"
    MODEL_FAILED = "model_failed"


PROBLEMS = (
    "ongoing depression",
    "job crisis",
    "breakup with partner",
    "problems with friends",
    "academic pressure",
    # the release's later ones
    "procrastination",
    "alcohol abuse",
    "issues with parents",
    "conflict with parents",
    "sleep problems",
    "appearance anxiety",
    "school bullying",
    "issues with children",
)
EMOTIONS = ("anxiety", "depression", "sadness", "anger", "fear", "disgust", "shame", "nervousness")
EXPERIENCE_ORIGINS = ("Current Experience", "Previous Experience")

# Spellings of released files beside the canonical names, compared case-insensitively.
OTHER_SPELLINGS: Mapping[str, Mapping[str, str]] = {
    "speaker": {"speaker": "seeker", "listener": "supporter", "usr": "seeker", "sys": "supporter"},
    "strategy": {"questions": "Question", "other": "Others"},
}


class Labels:
    """One closed list: finds the canonical name for any accepted spelling, or for a name mapped to one."""

    def __init__(self, kind: str, names: Iterable[str], mapped: Mapping[str, str] | None = None) -> None:
        self.kind = kind
        self.names = tuple(str(name) for name in names)
        self._canonical = {name.casefold(): name for name in self.names}
        for theirs, ours in OTHER_SPELLINGS.get(kind, {}).items():
            if ours.casefold() in self._canonical:
                self._canonical.setdefault(theirs, self._canonical[ours.casefold()])
        for theirs, ours in (mapped or {}).items():
            if (known := self._canonical.get(ours.strip().casefold())) is not None:
                self._canonical[theirs.strip().casefold()] = known

    def canonical(self, label: str) -> str:
        """The canonical name. Raises ValueError naming the label and what is accepted."""
        try:
            return self._canonical[label.strip().casefold()]
        except KeyError:
            raise ValueError(f"unknown {self.kind} {label!r}; accepted: {', '.join(self.names)}") from None
