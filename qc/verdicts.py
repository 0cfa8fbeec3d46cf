"""From a transcript to a verdict: the three cases of DESIGN §6, each a list of rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from esc.studies.schema import ApprovalRules
from esc.text import LengthUnit
from qc import rules as r
from qc.rules import Finding, Rule
from qc.transcript import Transcript

PRELIMINARY: tuple[Rule, ...] = (r.finished, r.utterances)
SUPPORTER: tuple[Rule, ...] = (r.improvement, r.supporter_length, r.empathy, r.relevance)
SEEKER: tuple[Rule, ...] = (r.seeker_length,)
SEEKER_WITH_DETAIL: tuple[Rule, ...] = (r.seeker_length, r.detail)
WITHOUT_SURVEY: tuple[Rule, ...] = (r.supporter_length, r.seeker_length, r.last_feedback)


class Decision(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"
    FILTERED = "filtered"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The decision, and what every rule found that it rests on."""

    decision: Decision
    findings: tuple[Finding, ...]


def judge(transcript: Transcript, rules: ApprovalRules, unit: LengthUnit) -> Judgement:
    """`filtered` by the preliminary filter, else `approved` or `rejected` by the rules that apply to its surveys."""

    def apply(listed: Iterable[Rule]) -> list[Finding]:
        return [rule(transcript, rules, unit) for rule in listed]

    preliminary = apply(PRELIMINARY)
    if not _all_hold(preliminary):
        return Judgement(Decision.FILTERED, tuple(preliminary))
    if transcript.survey_given:
        supporter = apply(SUPPORTER)
        seeker = apply(SEEKER if rules.detail is None else SEEKER_WITH_DETAIL)
        approved = sum(finding.passed for finding in supporter) >= rules.supporter_criteria and _all_hold(seeker)
        findings = [*preliminary, *supporter, *seeker]
    else:
        rest = apply(WITHOUT_SURVEY)
        approved = _all_hold(rest)
        findings = [*preliminary, *rest]
    return Judgement(Decision.APPROVED if approved else Decision.REJECTED, tuple(findings))


def _all_hold(findings: Iterable[Finding]) -> bool:
    return all(finding.passed for finding in findings)


def rules_sha256(rules: ApprovalRules, unit: LengthUnit) -> str:
    """Equal for equal thresholds in the same length unit, whatever else their protocols say."""
    canonical = json.dumps({"unit": unit, **rules.model_dump(mode="json")}, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
