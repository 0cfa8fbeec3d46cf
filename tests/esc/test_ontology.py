"""The closed lists and every spelling that released files use for them."""

from __future__ import annotations

import pytest

from esc.ontology import EMOTIONS, PROBLEMS, Labels, Role, Strategy

STRATEGIES = Labels("strategy", Strategy)


def test_each_role_is_the_others_other() -> None:
    assert Role.SEEKER.other is Role.SUPPORTER
    assert Role.SUPPORTER.other is Role.SEEKER


@pytest.mark.parametrize("strategy", Strategy)
def test_canonical_name_is_its_own(strategy: Strategy) -> None:
    assert STRATEGIES.canonical(strategy.value) == strategy.value


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Questions", "Question"),
        ("Other", "Others"),
        ("Reflection of Feelings", "Reflection of feelings"),
        ("restatement OR paraphrasing", "Restatement or Paraphrasing"),
        ("  Information ", "Information"),
    ],
)
def test_released_spellings_of_strategies_are_known(spelling: str, name: str) -> None:
    assert STRATEGIES.canonical(spelling) == name


@pytest.mark.parametrize(
    ("spelling", "role"),
    [("speaker", "seeker"), ("listener", "supporter"), ("usr", "seeker"), ("sys", "supporter"), ("Seeker", "seeker")],
)
def test_released_spellings_of_speakers_are_known(spelling: str, role: str) -> None:
    assert Labels("speaker", Role).canonical(spelling) == role


@pytest.mark.parametrize("label", ["Job Crisis", "ALCOHOL ABUSE", "breakup with partner"])
def test_problems_are_known_under_any_capitalisation(label: str) -> None:
    assert Labels("problem", PROBLEMS).canonical(label) == label.lower()


@pytest.mark.parametrize("label", ["Greeting", "Providing Suggestions or Information", "", "Quest"])
def test_foreign_label_is_refused_by_name_with_what_is_accepted(label: str) -> None:
    with pytest.raises(ValueError, match="unknown strategy") as caught:
        STRATEGIES.canonical(label)
    assert repr(label) in str(caught.value)
    assert "Providing Suggestions, Information, Others" in str(caught.value)


def test_foreign_label_is_taken_where_it_is_mapped() -> None:
    mapped = Labels("strategy", Strategy, {"Greeting": "others", " salute ": "Others"})
    assert mapped.canonical("greeting") == "Others"
    assert mapped.canonical("Salute") == "Others"


def test_mapping_to_an_unknown_name_changes_nothing() -> None:
    with pytest.raises(ValueError, match="'Greeting'"):
        Labels("strategy", Strategy, {"Greeting": "Hello"}).canonical("Greeting")


def test_released_spelling_of_a_name_that_the_study_does_not_have_stays_unknown() -> None:
    with pytest.raises(ValueError, match="'Questions'"):
        Labels("strategy", ["Listening", "Advice"]).canonical("Questions")


def test_later_problems_and_emotions_of_the_release_are_in_the_lists() -> None:
    assert (len(PROBLEMS), len(EMOTIONS)) == (13, 8)
