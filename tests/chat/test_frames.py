"""What a page may send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat import frames

ID = "1f0c7a52-93de-4a6b-8f3e-5b7d2c9e4a10"  # the same in every process: it is part of tests' names
SAY = {"type": "say", "client_id": ID, "text": "Hello"}


def test_a_say_is_decoded_with_its_evidence() -> None:
    frame = frames.decode(json.dumps({**SAY, "evidence": {"pasted_chars": 3, "typing_ms": 1200}}), None)
    assert isinstance(frame, frames.Say)
    assert frame.evidence is not None
    assert (str(frame.client_id), frame.evidence.pasted_chars, frame.evidence.typing_ms) == (ID, 3, 1200)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '"say"',
        "5",
        "[" * 20_000,
        "{}",
        '{"type": "shout"}',
        '{"type": ["say"]}',
        '{"type": "say"}',
        json.dumps({**SAY, "client_id": "no uuid"}),
        json.dumps({**SAY, "text": 5}),
        json.dumps({**SAY, "strategy": 5}),
        json.dumps({**SAY, "evidence": {"pasted_chars": -1}}),
        json.dumps({**SAY, "evidence": {"typing_ms": 2**31}}),
        json.dumps({**SAY, "text": "x" * 33_000}),
        json.dumps({**SAY, "text": "ä" * 17_000}, ensure_ascii=False),
        '{"type": "feedback", "through": 0, "score": 3}',
        '{"type": "feedback", "through": 2, "score": 6}',
        '{"type": "feedback", "through": 2, "score": "5"}',
        '{"type": "feedback", "through": 2, "score": 4.5}',
        '{"type": "feedback", "through": 1e400, "score": 3}',
        '{"type": "feedback", "through": true, "score": 3}',
        '{"type": "feedback", "through": 99999999999, "score": 3}',
        json.dumps({"type": "end", "reason": "x" * 501}),
    ],
)
def test_malformed_frames_are_refused(text: str) -> None:
    with pytest.raises(frames.BadFrame) as refused:
        frames.decode(text, None)
    assert refused.value.code == "bad_frame"
    assert refused.value.message


def test_binary_frames_are_refused() -> None:
    with pytest.raises(frames.BadFrame):
        frames.decode(None, b'{"type": "typing"}')


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x\udfff"])
def test_text_that_cannot_be_stored_is_refused_with_its_client_id(text: str) -> None:
    with pytest.raises(frames.BadFrame) as refused:
        frames.decode(json.dumps({**SAY, "text": text}), None)
    assert (refused.value.code, refused.value.client_id) == ("bad_text", ID)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_nothing_a_page_sends_gets_past_the_shapes(raw: Any) -> None:
    try:
        frame = frames.decode(json.dumps(raw), None)
    except frames.BadFrame:
        return
    assert isinstance(frame, tuple(frames.FRAMES.values()))
