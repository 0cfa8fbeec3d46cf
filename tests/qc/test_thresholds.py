from __future__ import annotations

import pytest

from esc.errors import FileRefusal
from esc.studies.loading import default_protocol_text, parse_protocol
from qc.thresholds import NAMES, parse_rules

DEFAULT = parse_protocol(default_protocol_text()).approval


def test_named_thresholds_change_and_the_others_stay() -> None:
    changed = parse_rules(" improvement=2, supporter_length=7.5,detail=3", DEFAULT)

    assert (changed.improvement, changed.supporter_length, changed.detail) == (2, 7.5, 3)
    assert (changed.empathy, changed.utterances, DEFAULT.improvement) == (DEFAULT.empathy, DEFAULT.utterances, 1)


def test_nothing_named_changes_nothing() -> None:
    assert parse_rules("", DEFAULT) == parse_rules("  ", DEFAULT) == DEFAULT


def test_every_name_is_a_threshold_of_the_protocol() -> None:
    assert set(NAMES) == set(type(DEFAULT).model_fields) - {"supporter_criteria"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("politeness=1", "unknown rule 'politeness'; accepted: utterances, improvement"),
        ("finished=1", "unknown rule 'finished'"),
        ("improvement", "expected rule=threshold"),
        ("improvement=", "expected rule=threshold"),
        ("improvement=1,,empathy=3", "expected rule=threshold"),
        ("improvement=lots", "improvement=lots: expected a number"),
        ("seeker_length=nan", "expected a number"),
        ("seeker_length=inf", "expected a number"),
        ("improvement=0.5", "improvement=0.5"),
        ("improvement=5", "improvement=5"),
        ("empathy=0", "empathy=0"),
        ("utterances=0", "utterances=0"),
        ("seeker_length=-1", "seeker_length=-1"),
        ("empathy=3,empathy=4", "empathy is given twice"),
    ],
)
def test_anything_else_is_refused_with_what_is_accepted(text: str, said: str) -> None:
    with pytest.raises(FileRefusal) as refused:
        parse_rules(text, DEFAULT)
    assert said in str(refused.value)
