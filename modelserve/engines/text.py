"""From what a model wrote to what a person reads. Pure."""

from __future__ import annotations

import re

LONGEST = 2_000  # code points of an utterance (DESIGN §5)

SPACE = re.compile(r"\s+")
UNREADABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")  # control characters, halves of characters
BEFORE = re.compile(r" (?=[.,!?;:%)\]…])")
AFTER = re.compile(r"(?<=[(\[]) ")
SHORTENED = re.compile(r"(?<=\w) ?' ?(?=(?:s|t|m|d|re|ve|ll)\b)", re.IGNORECASE)
STARTS = re.compile(r"(?:^|(?<=[^.\s]{2}[.!?…]) )\W*[a-z]")  # not after "i.e."
MYSELF = re.compile(r"\bi\b(?!\.\w)")


def tidy(text: str, *, lower_case: bool = False) -> str:
    """The text as it is said: single spaces, none before a full stop, "I ' m" as "I'm", at most 2,000 code points.

    What nobody can read or store is gone. Where the vocabulary has no capitals, sentences and "I" get theirs back.
    """
    text = SPACE.sub(" ", UNREADABLE.sub("", text)).strip()
    text = SHORTENED.sub("'", AFTER.sub("", BEFORE.sub("", text)))
    if lower_case:
        text = MYSELF.sub("I", STARTS.sub(lambda start: start[0].upper(), text))
    return text[:LONGEST].rstrip()
