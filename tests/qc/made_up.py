"""Made-up transcripts whose lengths can be counted at a glance: every word is one NLTK token and four characters."""

from __future__ import annotations

from itertools import chain
from typing import Any

from esc.ontology import Role
from qc.transcript import Line, Transcript


def words(count: int) -> str:
    return " ".join(["word"] * count)


def transcript(
    utterances: int = 16, *, supporter: list[int] | None = None, seeker: list[int] | None = None, **values: Any
) -> Transcript:
    """Both sides in turns, the supporter first. `supporter` and `seeker` are words an utterance, gone through in turn;
    at first just enough for both length criteria (8 and 6)."""
    lengths = {Role.SUPPORTER: supporter or [8], Role.SEEKER: seeker or [6]}
    sides = list(chain.from_iterable([(Role.SUPPORTER, i), (Role.SEEKER, i)] for i in range(utterances)))[:utterances]
    lines = tuple(Line(role, words(lengths[role][i % len(lengths[role])])) for role, i in sides)
    return Transcript(utterances=lines, **{"finished": True, **values})


# Every score at its threshold.
SURVEY: dict[str, Any] = {"initial_emotion_intensity": 4, "final_emotion_intensity": 3, "empathy": 3, "relevance": 4}
