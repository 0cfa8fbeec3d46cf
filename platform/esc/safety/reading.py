"""A text as danger phrases are compared with it: pure.

Lower case, one space between words, no apostrophes, and a mark between sentences. Quotation marks are taken out, and
the places between them kept. In a language without spaces every character is a word.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from esc.studies.danger import DangerList

# Nobody may keep the chat busy with one long text: no pattern here looks from every place to the end of the text.
LONGEST_CLAUSE = 200  # characters; what stands further away does not say whose words are quoted
_ONE_OF_EACH = str.maketrans(dict.fromkeys("‘’ʼ＇`´", "'") | dict.fromkeys("“”„«»「」『』", '"'))
_TORN_APART = re.compile(r"(?<!\s)\s+(n't|')\s*(?=(?<=n't)|(?:t|m|s|d|re|ve|ll)\b)")  # "do n't", "don ' t"
_IN_SINGLE_QUOTES = re.compile(r"(?<![^\W_])'(?=\S)(.{3,500}?)(?<=\S)'(?![^\W_])")
_HESITATION = re.compile(r"\.\.+|…")
_TOKENS = re.compile(r"[^\W_]+|[.!?;\n。！？；]|\"")
_CHARACTERS = re.compile(r"[^\W_]|[.!?;\n。！？；]|\"")
_BETWEEN_SENTENCES = re.compile(r"[^\w ]")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_THREE_ALIKE = re.compile(r"([a-z])\1\1")
_AT_A_GLANCE = {
    **{ord(letter): letter.lower() if letter.isalnum() else " " for letter in map(chr, range(128))},
    **dict.fromkeys(map(ord, "'`")),  # gone
}
_TORN_OFF = frozenset(["nt", "t", "m", "s", "d", "re", "ve", "ll"])  # what "do n't" and "I ' m" leave behind


def nothing_stands_in(text: str, listed: DangerList) -> bool:
    """True where a glance tells that no phrase of the list can stand in this text, as for most; else it has to be read.

    It knows plain letters, and nothing of words torn apart or drawn out.
    """
    if not (listed.spaces and text.isascii()):
        return False
    letters = text.translate(_AT_A_GLANCE)
    words = letters.split()
    hidden = _THREE_ALIKE.search(letters) or not _TORN_OFF.isdisjoint(words)
    return not hidden and not listed.may_be_heard(letters, words)


@dataclass(frozen=True)
class Reading:
    """The words, and from where to where somebody is quoted."""

    text: str
    quoted: tuple[tuple[int, int], ...]

    def said_before(self, place: int) -> str:
        """The words of the same sentence that stand right before that place; "" where that is more than a clause."""
        near = self.text[max(0, place - LONGEST_CLAUSE) : place]
        *sentences, said = _BETWEEN_SENTENCES.split(near)
        return said.strip() if sentences or place <= LONGEST_CLAUSE else ""


def read(text: str, listed: DangerList) -> Reading:
    """The text as that list's phrases are compared with it. Most messages are read in a few microseconds."""
    plain = _plain(text)
    tokens = (_TOKENS if listed.spaces else _CHARACTERS).findall(plain.replace("'", ""))
    if _DRAWN_OUT.search(plain):
        tokens = [_short(token, listed) for token in tokens]
    spellings = listed.spellings
    words = [spellings.get(token, token) for token in tokens]
    return _without_quotation_marks(words) if '"' in words else Reading(" ".join(words), ())


def _plain(text: str) -> str:
    """Lower case, one kind of apostrophe and of quotation mark, nothing invisible, no hesitation."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _HESITATION.sub(" ", text).translate(_ONE_OF_EACH))
        text = "".join(character for character in text if unicodedata.category(character) != "Cf")
    text = text.casefold()
    if "'" in text or "`" in text:
        text = text.replace("`", "'")
        text = _IN_SINGLE_QUOTES.sub(r'"\1"', _TORN_APART.sub(r"\1", text))
    return _HESITATION.sub(" ", text) if ".." in text else text


def _without_quotation_marks(words: list[str]) -> Reading:
    kept: list[str] = []
    places: list[int] = []
    length = 0  # of what is kept, each word with the space after it
    for word in words:
        if word == '"':
            places.append(length)
        else:
            kept.append(word)
            length += len(word) + 1
    return Reading(" ".join(kept), tuple(zip(places[::2], places[1::2], strict=False)))


def _short(word: str, listed: DangerList) -> str:
    """A word with a letter drawn out ("dieee", "killlll") as the list has it."""
    twice, once = _DRAWN_OUT.sub(r"\1\1", word), _DRAWN_OUT.sub(r"\1", word)
    return twice if twice in listed.vocabulary or twice in listed.spellings else once
