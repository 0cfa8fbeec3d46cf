"""From what a model wrote to what a person reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esc.text import check_storable
from modelserve.engines.text import LONGEST, tidy


@pytest.mark.parametrize(
    ("made", "read"),
    [
        (" i ' m sorry to hear that . ", "I'm sorry to hear that."),
        ("i don ' t know , it ' s late", "I don't know, it's late"),
        ("hello !  how are you ?\ni am here .", "Hello! How are you? I am here."),
        ("it is ( almost ) 50 % done", "It is (almost) 50% done"),
        ("i.e. this", "I.e. this"),
        ('"what" did he say?', '"What" did he say?'),
        ("caf\ufffd \x00open\x07", "Caf open"),
        (" \n ", ""),
    ],
)
def test_what_a_small_vocabulary_wrote_reads_like_a_message(made: str, read: str) -> None:
    assert tidy(made, lower_case=True) == read


def test_capitals_of_a_vocabulary_that_has_them_are_its_own() -> None:
    assert tidy("i said NO. then i left.") == "i said NO. then i left."


@settings(deadline=None)  # no test asserts a wall-clock time
@given(st.text(max_size=3_000), st.booleans())
def test_anything_comes_out_storable_and_no_longer_than_an_utterance(made: str, lower_case: bool) -> None:
    read = tidy(made, lower_case=lower_case)
    assert check_storable(read) == read
    assert len(read) <= LONGEST
    assert tidy(read, lower_case=lower_case) == read
