"""Verdicts derived by hand from DESIGN §6: thresholds 16 utterances, improvement 1, lengths 8 and 6, empathy 3,
relevance 4, three of four; without a survey the last two feedback scores above 4."""

from __future__ import annotations

from typing import Any

import pytest

from esc.studies.loading import default_protocol_text, parse_protocol
from esc.studies.schema import ApprovalRules
from esc.text import LengthUnit
from qc.verdicts import Judgement, judge, rules_sha256
from tests.qc.made_up import SURVEY, transcript

RULES = parse_protocol(default_protocol_text()).approval
NLTK, CHARACTERS = LengthUnit.NLTK, LengthUnit.CHARACTERS


def rules(**changed: Any) -> ApprovalRules:
    return ApprovalRules.model_validate({**RULES.model_dump(), **changed})


def failed(judgement: Judgement) -> list[str]:
    return [finding.rule for finding in judgement.findings if not finding.passed]


@pytest.mark.parametrize(
    ("given", "decision", "fails"),
    [
        # The preliminary filter.
        pytest.param({"utterances": 15, **SURVEY}, "filtered", ["utterances"], id="15 utterances are too few"),
        pytest.param(
            {"utterances": 16, **SURVEY}, "approved", [], id="16 are enough, and so is everything at its threshold"
        ),
        pytest.param({"finished": False, **SURVEY}, "filtered", ["finished"], id="not finished by the seeker"),
        pytest.param({"finished": None, **SURVEY}, "approved", [], id="a source that does not say counts as finished"),
        pytest.param({"utterances": 3, "finished": False}, "filtered", ["finished", "utterances"], id="neither holds"),
        # With the seeker's survey: three of the supporter's four, and the seeker's.
        pytest.param(
            {**SURVEY, "final_emotion_intensity": 4}, "approved", ["improvement"], id="three of four: no improvement"
        ),
        pytest.param(
            {**SURVEY, "final_emotion_intensity": 5}, "approved", ["improvement"], id="three of four: intensity rose"
        ),
        pytest.param(
            {**SURVEY, "supporter": [7]}, "approved", ["supporter_length"], id="three of four: short supporter"
        ),
        pytest.param({**SURVEY, "empathy": 2}, "approved", ["empathy"], id="three of four: little empathy"),
        pytest.param({**SURVEY, "relevance": 3}, "approved", ["relevance"], id="three of four: little relevance"),
        pytest.param({**SURVEY, "empathy": 2, "relevance": 3}, "rejected", ["empathy", "relevance"], id="two of four"),
        pytest.param(
            {**SURVEY, "final_emotion_intensity": 4, "supporter": [7]},
            "rejected",
            ["improvement", "supporter_length"],
            id="two of four: the other two",
        ),
        pytest.param({**SURVEY, "seeker": [5]}, "rejected", ["seeker_length"], id="four of four, but a short seeker"),
        pytest.param({**SURVEY, "supporter": [9, 7]}, "approved", [], id="a mean of exactly 8"),
        pytest.param(  # 8 supporter utterances: 7 × 8 + 7 = 63; 63 / 8 = 7.875
            {**SURVEY, "empathy": 2, "supporter": [8, 8, 8, 8, 8, 8, 8, 7]},
            "rejected",
            ["supporter_length", "empathy"],
            id="a mean just under 8",
        ),
        pytest.param(
            {**SURVEY, "initial_emotion_intensity": None},
            "approved",
            ["improvement"],
            id="no intensity before: that one fails",
        ),
        pytest.param(
            {**SURVEY, "initial_emotion_intensity": None, "empathy": 2},
            "rejected",
            ["improvement", "empathy"],
            id="no intensity before, and one more",
        ),
        pytest.param({**SURVEY, "feedback": (1, 1)}, "approved", [], id="with a survey, feedback plays no part"),
        # Without it: both lengths, and the last two scores above 4.
        pytest.param({"feedback": (5, 5)}, "approved", [], id="no survey, last two scores 5 and 5"),
        pytest.param({"feedback": (1, 2, 5, 5)}, "approved", [], id="no survey, earlier scores play no part"),
        pytest.param({"feedback": (4, 5)}, "rejected", ["last_feedback"], id="no survey, 4 and 5"),
        pytest.param({"feedback": (5, 4)}, "rejected", ["last_feedback"], id="no survey, 5 and 4"),
        pytest.param({"feedback": (5, 5, 4)}, "rejected", ["last_feedback"], id="no survey, the last one 4"),
        pytest.param({"feedback": (5,)}, "rejected", ["last_feedback"], id="no survey, one score only"),
        pytest.param({}, "rejected", ["last_feedback"], id="no survey, no score"),
        pytest.param(
            {"feedback": (5, 5), "supporter": [7]}, "rejected", ["supporter_length"], id="no survey, short supporter"
        ),
        pytest.param({"feedback": (5, 5), "seeker": [5]}, "rejected", ["seeker_length"], id="no survey, short seeker"),
        pytest.param(
            {"feedback": (5, 5), "initial_emotion_intensity": 4, "final_emotion_intensity": 1, "empathy": 5},
            "approved",
            [],
            id="a survey without relevance does not count as given",
        ),
    ],
)
def test_verdict_by_the_default_rules(given: dict[str, Any], decision: str, fails: list[str]) -> None:
    judgement = judge(transcript(**given), RULES, NLTK)

    assert judgement.decision == decision
    assert failed(judgement) == fails


def test_findings_are_those_of_the_case_and_no_others() -> None:
    preliminary = ["finished", "utterances"]
    for given, expected in [
        ({"utterances": 2}, preliminary),
        (SURVEY, [*preliminary, "improvement", "supporter_length", "empathy", "relevance", "seeker_length"]),
        ({}, [*preliminary, "supporter_length", "seeker_length", "last_feedback"]),
    ]:
        assert [finding.rule for finding in judge(transcript(**given), RULES, NLTK).findings] == expected


@pytest.mark.parametrize(("detail", "decision"), [(3, "approved"), (2, "rejected"), (None, "rejected")])
def test_detail_counts_only_where_the_protocol_sets_it(detail: int | None, decision: str) -> None:
    rated = transcript(**SURVEY, detail=detail)

    assert judge(rated, RULES, NLTK).decision == "approved"
    judgement = judge(rated, rules(detail=3), NLTK)
    assert judgement.decision == decision
    assert judgement.findings[-1].rule == "detail"
    assert "missing" in judgement.findings[-1].reason or detail is not None


def test_detail_plays_no_part_without_the_seekers_survey() -> None:
    assert judge(transcript(feedback=(5, 5)), rules(detail=5), NLTK).decision == "approved"


def test_how_many_of_the_supporters_criteria_is_the_protocols() -> None:
    two_of_four = transcript(**{**SURVEY, "empathy": 2, "relevance": 3})

    assert judge(two_of_four, rules(supporter_criteria=2), NLTK).decision == "approved"
    assert judge(transcript(**{**SURVEY, "empathy": 2}), rules(supporter_criteria=4), NLTK).decision == "rejected"


def test_the_unit_decides_the_length_and_every_length_names_it() -> None:
    said = transcript(**SURVEY)  # 8 words of 4 characters, 6 words of 4 characters
    in_characters = judge(said, rules(supporter_length=32, seeker_length=24), CHARACTERS)

    assert in_characters.decision == "approved"
    lengths = [finding for finding in in_characters.findings if finding.rule.endswith("_length")]
    assert [finding.value for finding in lengths] == [32, 24]
    assert all("characters" in finding.reason for finding in lengths)
    assert all("NLTK tokens" in f.reason for f in judge(said, RULES, NLTK).findings if f.rule.endswith("_length"))


def test_a_mean_that_just_fails_never_reads_like_its_threshold() -> None:
    nearly = transcript(utterances=2_000, supporter=[8] * 999 + [7])  # 7.999
    (finding,) = (f for f in judge(nearly, RULES, NLTK).findings if f.rule == "supporter_length")

    assert not finding.passed
    assert "7.99 NLTK tokens" in finding.reason


def test_a_side_that_says_nothing_fails_its_length() -> None:
    silent = transcript(**SURVEY)
    only_supporter = type(silent)(
        utterances=tuple(line for line in silent.utterances if line.role == "supporter") * 2, finished=True, **SURVEY
    )

    assert failed(judge(only_supporter, RULES, NLTK)) == ["seeker_length"]


def test_rules_have_one_fingerprint_for_each_set_of_thresholds_and_unit() -> None:
    assert rules_sha256(RULES, NLTK) == rules_sha256(rules(supporter_length=8.0), NLTK)
    assert len({rules_sha256(RULES, NLTK), rules_sha256(RULES, CHARACTERS), rules_sha256(rules(detail=3), NLTK)}) == 3


def test_transcripts_are_equal_where_their_fingerprints_are() -> None:
    one, same = transcript(**SURVEY, feedback=(5, 4)), transcript(**SURVEY, feedback=(5, 4))

    assert one.sha256 == same.sha256
    others = [
        transcript(**SURVEY, feedback=(4, 5)),
        transcript(**{**SURVEY, "empathy": 4}, feedback=(5, 4)),
        transcript(**SURVEY, feedback=(5, 4), finished=None),
        transcript(**SURVEY, feedback=(5, 4), seeker=[7]),
    ]
    assert len({one.sha256, *(other.sha256 for other in others)}) == 5
