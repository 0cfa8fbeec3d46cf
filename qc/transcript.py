"""What a conversation is to quality control: plain, frozen values, from a file or from the tables alike."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import NamedTuple

from esc.ontology import Role


class Line(NamedTuple):
    """One utterance: who said it, and what."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """All that the rules may look at. Scores are 1 to 5; what was not answered is None."""

    utterances: tuple[Line, ...]
    finished: bool | None  # by the seeker; None where the source does not say
    initial_emotion_intensity: int | None = None
    final_emotion_intensity: int | None = None  # the confirmed one
    empathy: int | None = None
    relevance: int | None = None
    detail: int | None = None  # the supporter's rating of the seeker
    feedback: tuple[int, ...] = ()  # in the order in which the seeker gave it

    @property
    def survey_given(self) -> bool:
        """Whether the seeker's survey counts as given (DESIGN §6, case 2)."""
        return None not in (self.final_emotion_intensity, self.empathy, self.relevance)

    @property
    def sha256(self) -> str:
        """Equal for equal transcripts, wherever they were read from."""
        canonical = json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def texts(self, role: Role) -> list[str]:
        return [line.text for line in self.utterances if line.role is role]
