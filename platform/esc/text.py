"""Text: what an utterance may be, and how long it is."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from esc.errors import Refusal

if TYPE_CHECKING:
    from nltk.tokenize import NLTKWordTokenizer

MAX_CODE_POINTS = 2_000
# Letters and marks that show nothing, although their category does not say so: fillers, a joiner, empty Braille.
SHAPELESS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code) for code in range(0xFE00, 0xFE10)
}
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class LengthUnit(StrEnum):
    """What a text's length is counted in. NLTK counts a sentence without spaces as one token, hence `characters`."""

    NLTK = "nltk"
    CHARACTERS = "characters"


def check_storable(text: str) -> str:
    """The text itself. What no database can keep (U+0000, a lone surrogate) is refused as `bad_text`."""
    if UNSTORABLE.search(text):
        raise Refusal(
            "bad_text", "This message holds a character that cannot be stored. Please remove it and try again."
        )
    return text


def is_blank(text: str) -> bool:
    """True where a reader would see nothing: only white space, or only characters that have no shape of their own."""
    return all(
        character.isspace() or character in SHAPELESS or unicodedata.category(character) == "Cf" for character in text
    )


def check_utterance(text: str) -> str:
    """The text itself, byte for byte. Refuses (`bad_text`) what is blank, over 2,000 code points or not storable."""
    check_storable(text)
    if is_blank(text):
        raise Refusal("bad_text", "This message is empty. Please write something first.")
    if len(text) > MAX_CODE_POINTS:
        raise Refusal(
            "bad_text",
            f"This message has {len(text):,} characters; at most {MAX_CODE_POINTS:,} fit. Please send it in parts.",
        )
    return text


def length(text: str, unit: LengthUnit) -> int:
    """How long a text is: NLTK word tokens (the paper's unit; evidence in DESIGN §6) or characters that show."""
    if unit is LengthUnit.CHARACTERS:
        return sum(not character.isspace() for character in text)
    return len(_tokenizer().tokenize(text))


@lru_cache(maxsize=1)
def _tokenizer() -> NLTKWordTokenizer:
    from nltk.tokenize import NLTKWordTokenizer  # slow to import, and not every process counts

    return NLTKWordTokenizer()  # rules only: needs no download, unlike nltk.word_tokenize
