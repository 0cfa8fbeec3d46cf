from __future__ import annotations

import pytest

from esc.studies.loading import default_protocol_text, parse_protocol
from esc.studies.schema import Item
from surveys.answers import (
    LONGEST_DRAFT,
    Change,
    Direction,
    Fault,
    cannot_be_kept,
    check_answers,
    draft_of,
    echo,
    emotion_in_words,
)

PROTOCOL = parse_protocol(default_protocol_text())
CHOICE = Item(key="problem", kind="choice", options="problems", question="What?")
SCALE = Item(key="strength", kind="scale", scale="intensity", question="How strong?")
TEXT = Item(key="story", kind="text", question="What happened?", min_length=5, max_length=20)
LONG = Item(key="story", kind="text", question="What happened?", max_length=5000)


def fault_of(item: Item, value: object) -> Fault | None:
    return check_answers(PROTOCOL, [item], {item.key: value}).faults.get(item.key)


def stored(item: Item, value: object) -> object:
    checked = check_answers(PROTOCOL, [item], {item.key: value})
    assert not checked.faults
    return checked.answers.get(item.key)


@pytest.mark.parametrize(
    ("item", "value", "kept"),
    [
        (CHOICE, "job crisis", "job crisis"),
        (SCALE, "1", 1),
        (SCALE, "5", 5),
        (SCALE, 3, 3),
        (TEXT, "  I lost it.\n", "  I lost it.\n"),
        (TEXT, "12345", "12345"),
        (TEXT, "x" * 20, "x" * 20),
        (TEXT, "👩‍👩‍👧 ключ", "👩‍👩‍👧 ключ"),
        (LONG, "ß" * 5000, "ß" * 5000),
        (LONG, "👍" * 5000, "👍" * 5000),
    ],
)
def test_a_good_answer_is_stored_as_it_was_given(item: Item, value: object, kept: object) -> None:
    assert stored(item, value) == kept


@pytest.mark.parametrize(
    ("item", "value", "fault"),
    [
        (CHOICE, None, Fault.MISSING),
        (CHOICE, "", Fault.MISSING),
        (CHOICE, "Job crisis", Fault.NOT_OFFERED),
        (CHOICE, "sleep problems", Fault.NOT_OFFERED),  # known to the protocol, but switched off
        (CHOICE, ["job crisis"], Fault.NOT_OFFERED),
        (SCALE, None, Fault.MISSING),
        (SCALE, "0", Fault.NOT_OFFERED),
        (SCALE, "6", Fault.NOT_OFFERED),
        (SCALE, "-1", Fault.NOT_OFFERED),
        (SCALE, " 3", Fault.NOT_OFFERED),
        (SCALE, "3.0", Fault.NOT_OFFERED),
        (SCALE, "٣", Fault.NOT_OFFERED),
        (SCALE, 3.0, Fault.NOT_OFFERED),
        (SCALE, True, Fault.NOT_OFFERED),
        (SCALE, {"score": 3}, Fault.NOT_OFFERED),
        (TEXT, None, Fault.MISSING),
        (TEXT, " \n\t ", Fault.MISSING),
        (TEXT, "\u200b\u200e", Fault.MISSING),
        (TEXT, 12345, Fault.MISSING),
        (TEXT, "1234", Fault.TOO_SHORT),
        (TEXT, "1   \n\n   ", Fault.TOO_SHORT),
        (TEXT, "x" * 21, Fault.TOO_LONG),
        (TEXT, "a\x00 good story", Fault.UNSTORABLE),
        (TEXT, "a \ud83d story", Fault.UNSTORABLE),
        (LONG, "👍" * 5001, Fault.TOO_LONG),
    ],
)
def test_a_bad_answer_is_told_what_is_wrong_with_it(item: Item, value: object, fault: Fault) -> None:
    assert fault_of(item, value) is fault


@pytest.mark.parametrize("item", [CHOICE, SCALE, TEXT])
@pytest.mark.parametrize("value", [None, ""])
def test_an_optional_question_left_out_has_no_answer_and_no_fault(item: Item, value: object) -> None:
    optional = item.model_copy(update={"required": False})
    assert stored(optional, value) is None
    assert optional.key not in check_answers(PROTOCOL, [optional], {optional.key: value}).answers


def test_keys_of_no_item_are_ignored() -> None:
    assert check_answers(PROTOCOL, [SCALE], {"strength": "2", "verdict": "approved"}).answers == {"strength": 2}


def test_every_fault_is_told_at_once() -> None:
    checked = check_answers(PROTOCOL, [CHOICE, SCALE, TEXT], {"problem": "job crisis", "story": "So."})
    assert checked.answers == {"problem": "job crisis"}
    assert checked.faults == {"strength": Fault.MISSING, "story": Fault.TOO_SHORT}


def test_a_draft_keeps_unfinished_and_overlong_texts_but_nothing_foreign() -> None:
    raw = {"problem": "weather", "strength": "9", "story": " half a sent"}
    assert draft_of(PROTOCOL, [CHOICE, SCALE, TEXT], raw) == {"story": " half a sent"}
    assert draft_of(PROTOCOL, [TEXT], {"story": "x" * 4000}) == {"story": "x" * 4000}
    assert draft_of(PROTOCOL, [CHOICE, SCALE], {"problem": "job crisis", "strength": 4, "more": "?"}) == {
        "problem": "job crisis",
        "strength": "4",
    }


@pytest.mark.parametrize("text", ["a\x00b", "a\udfffb", "x" * (LONGEST_DRAFT + 1)])
def test_what_cannot_be_kept_is_named_and_left_out_of_the_draft(text: str) -> None:
    assert cannot_be_kept([TEXT], {"story": text})
    assert draft_of(PROTOCOL, [TEXT], {"story": text}) == {}


def test_an_echo_says_the_answer_in_words() -> None:
    said = echo("You rated your {emotion} {score} of 5: {word}.", score=5, word="overwhelming", emotion="anxiety")
    assert said == "You rated your anxiety 5 of 5: overwhelming."


def test_an_echo_fills_nothing_into_what_it_filled_in() -> None:
    assert echo("{emotion}: {word}", score=5, word="{emotion}", emotion="{score}") == "{score}: {emotion}"


@pytest.mark.parametrize(("language", "word"), [("en", "anxiety"), ("de", "Anxiety"), ("de-AT", "Anxiety")])
def test_an_emotion_keeps_its_capital_only_where_the_language_asks_for_it(language: str, word: str) -> None:
    study = PROTOCOL.study.model_copy(update={"language": language})
    assert emotion_in_words(PROTOCOL.model_copy(update={"study": study}), "anxiety") == word


@pytest.mark.parametrize("unknown", [None, "", "hunger"])
def test_an_unknown_emotion_has_no_words(unknown: object) -> None:
    assert emotion_in_words(PROTOCOL, unknown) == ""


@pytest.mark.parametrize(
    ("before", "now", "direction"),
    [(4, 5, Direction.ROSE), (5, 4, Direction.FELL), (3, 3, Direction.STAYED), (1, 5, Direction.ROSE)],
)
def test_a_change_has_a_direction(before: int, now: int, direction: Direction) -> None:
    assert Change(before, "then", now, "now").direction is direction
