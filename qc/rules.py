"""The rules of quality control, one pure function each (DESIGN §6; paper §4.3 and Table 7's first row).

Every rule has the same shape, so that a case of `qc.verdicts` is a plain list of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from esc.ontology import Role
from esc.studies.schema import ApprovalRules
from esc.text import LengthUnit, length
from qc.transcript import Transcript

UNITS = {LengthUnit.NLTK: "NLTK tokens", LengthUnit.CHARACTERS: "characters that show"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found: the value, the threshold it was held against, and why it passed or not, in words."""

    rule: str
    value: int | float | bool | Sequence[int] | None  # None: there was nothing to look at
    threshold: int | float | bool
    passed: bool
    reason: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


Rule = Callable[[Transcript, ApprovalRules, LengthUnit], Finding]


def finished(transcript: Transcript, rules: ApprovalRules, unit: LengthUnit) -> Finding:
    """The seeker finished the conversation. A source that does not say is taken at its best."""
    reason = {
        True: "The seeker finished the conversation.",
        False: "The seeker did not finish the conversation.",
        None: "The file does not say who ended the conversation, so it is taken as finished by the seeker.",
    }[transcript.finished]
    return Finding("finished", transcript.finished, True, transcript.finished is not False, reason)


def utterances(transcript: Transcript, rules: ApprovalRules, unit: LengthUnit) -> Finding:
    """At least `rules.utterances` of both sides together."""
    count = len(transcript.utterances)
    reason = (
        f"The conversation has {count} utterance{'' if count == 1 else 's'}; at least {rules.utterances} are needed."
    )
    return Finding("utterances", count, rules.utterances, count >= rules.utterances, reason)


def improvement(transcript: Transcript, rules: ApprovalRules, unit: LengthUnit) -> Finding:
    """The seeker's emotion intensity fell by at least `rules.improvement` points of the scale from 1 to 5."""
    before, after = transcript.initial_emotion_intensity, transcript.final_emotion_intensity
    if before is None or after is None:
        missing = "before" if before is None else "after"
        reason = f"The emotion intensity {missing} the chat is missing, so nobody can tell whether it fell."
        return Finding("improvement", None, rules.improvement, False, reason)
    fell = before - after
    reason = (
        f"The emotion intensity went from {before} to {after}, a fall of {fell}; "
        f"a fall of at least {rules.improvement} is needed."
    )
    return Finding("improvement", fell, rules.improvement, fell >= rules.improvement, reason)


def supporter_length(transcript: Transcript, rules: ApprovalRules, unit: LengthUnit) -> Finding:
    """The supporter's utterances have at least `rules.supporter_length` of the length unit on average."""
    return _mean_length("supporter_length", transcript, Role.SUPPORTER, rules.supporter_length, unit)


def seeker_length(transcript: Transcript, rules: ApprovalRules, unit: LengthUnit) -> Finding:
    """The seeker's utterances have at least `rules.seeker_length` of the length unit on average."""
    return _mean_length("seeker_length", transcript, Role.SEEKER, rules.seeker_length, unit)


def empathy(transcript: Transcript, rules: ApprovalRules, unit: LengthUnit) -> Finding:
    """The seeker's rating of how well they were understood, 1 to 5, is at least `rules.empathy`."""
    return _score("empathy", transcript.empathy, rules.empathy, "The seeker's rating of the supporter's empathy")


def relevance(transcript: Transcript, rules: ApprovalRules, unit: LengthUnit) -> Finding:
    """The seeker's rating of how far the supporter kept to the topic, 1 to 5, is at least `rules.relevance`."""
    return _score("relevance", transcript.relevance, rules.relevance, "The seeker's rating of the relevance")


def detail(transcript: Transcript, rules: ApprovalRules, unit: LengthUnit) -> Finding:
    """The supporter's rating of how much detail the seeker gave, 1 to 5; only for protocols that set `rules.detail`."""
    assert rules.detail is not None
    return _score("detail", transcript.detail, rules.detail, "The supporter's rating of the seeker's detail")


def last_feedback(transcript: Transcript, rules: ApprovalRules, unit: LengthUnit) -> Finding:
    """The last two feedback scores are both greater than `rules.last_feedback`; fewer than two fail it."""
    last, threshold = transcript.feedback[-2:], rules.last_feedback
    if len(last) < 2:
        given = "no feedback score" if not last else f"only one feedback score ({last[0]})"
        return Finding("last_feedback", last, threshold, False, f"There is {given}; the last two are needed.")
    reason = f"The last two feedback scores are {last[0]} and {last[1]}; both must be greater than {threshold}."
    return Finding("last_feedback", last, threshold, min(last) > threshold, reason)


def _score(rule: str, value: int | None, threshold: int, what: str) -> Finding:
    if value is None:
        return Finding(rule, None, threshold, False, f"{what} is missing.")
    return Finding(
        rule, value, threshold, value >= threshold, f"{what} is {value} of 5; at least {threshold} is needed."
    )


def _mean_length(rule: str, transcript: Transcript, role: Role, threshold: float, unit: LengthUnit) -> Finding:
    texts = transcript.texts(role)
    if not texts:
        return Finding(rule, None, threshold, False, f"The {role} has said nothing.")
    mean = sum(length(text, unit) for text in texts) / len(texts)
    reason = f"The {role}'s utterances have {_shown(mean)} {UNITS[unit]} on average; at least {threshold:g} are needed."
    return Finding(rule, mean, threshold, mean >= threshold, reason)


def _shown(mean: float) -> str:
    """Two decimals, rounded down: what just fails must not read like its threshold."""
    return f"{math.floor(mean * 100) / 100:.2f}"
