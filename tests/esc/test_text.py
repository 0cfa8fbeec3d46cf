"""What an utterance may be, and how long a text is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esc.errors import Refusal
from esc.text import LengthUnit, check_storable, check_utterance, is_blank, length


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("   ", 0),
        ("I lost my job.", 5),
        ("I can't sleep, and it's worse at night!", 12),  # can't is two tokens, and so is it's
        ("Well... yes", 3),
        ("我最近睡不着。", 1),  # without spaces a sentence is one token: hence the other unit
    ],
)
def test_nltk_length_counts_word_tokens(text: str, tokens: int) -> None:
    assert length(text, LengthUnit.NLTK) == tokens


@pytest.mark.parametrize(("text", "characters"), [("", 0), (" a b\n", 2), ("我最近睡不着。", 7), ("né", 2)])
def test_character_length_counts_what_is_no_white_space(text: str, characters: int) -> None:
    assert length(text, LengthUnit.CHARACTERS) == characters


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t ", "\u00a0\u3000", "\u200b\u200d", "\ufeff", " \u2060 ", "\u3164 \u2800", "\u115f\ufe0f"]
)
def test_blank_is_where_a_reader_sees_nothing(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", " .", "👨‍👩‍👧", "\u200bx"])
def test_anything_that_shows_is_not_blank(text: str) -> None:
    assert not is_blank(text)


@pytest.mark.parametrize("text", ["a\x00", "\ud800", "x\udfffy"])
def test_what_no_database_can_keep_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_storable(text)
    assert caught.value.code == "bad_text"


@pytest.mark.parametrize("text", ["", " \n", "\u200b", "a" * 2_001, "😀" * 2_001, "a\x00b", "\ud83d"])
def test_utterance_that_cannot_be_is_refused_as_bad_text(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_utterance(text)
    assert caught.value.code == "bad_text"


def test_refusal_of_a_long_utterance_says_how_long_it_is() -> None:
    with pytest.raises(Refusal, match=r"2,001 characters; at most 2,000 fit"):
        check_utterance("a" * 2_001)


@pytest.mark.parametrize("text", ["a" * 2_000, "😀" * 2_000, "  edges stay  \n", "\r\n\tx"])
def test_utterance_comes_back_byte_for_byte(text: str) -> None:
    assert check_utterance(text) == text


@given(st.text(max_size=50))
def test_whatever_is_storable_fits_into_utf_8_and_back(text: str) -> None:
    try:
        kept = check_storable(text)
    except Refusal:
        assert "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)
    else:
        assert kept.encode().decode() == text
