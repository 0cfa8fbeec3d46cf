"""The little language of danger phrases, which a clinician can read and review: pure.

A phrase is words parted by spaces. `kill/killing` is either word, `suicid*` any word that begins so, `(to)` a word that
may be missing, `...` up to two words between. It is compared with a text as esc.safety.reading reads it: words in lower
case with one space between them; in a language without spaces, its characters one by one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

GAP = 2  # words that `...` stands for at most (characters, in a language without spaces)
NEAR = 200  # characters; a text in which much is found is not searched from its beginning each time
_WORD = re.compile(r"[^\W_]+\*?")
# Words that stand in many texts, whatever these are about. That one of them is missing here costs time, and no phrase.
_EVERYDAY_WORDS = """
a about again all am an and any anyone anything are as at be because been before being better but by can cant care could
did do doing dont even every feel feeling felt for friend from get getting give go going good had has have he help her
here him his hope how i if im in into is it just keep know let like little look looking lot make many me might more much
my myself need never no not of off on one only or other our out over people please really school she should so some
someone still take talk than thank that the their them then there these they thing things think this thought time to too
tried try trying up us very want was way we well were what when which who will wish with work would yes you your youre
yourself"""
_EVERYDAY = frozenset(_EVERYDAY_WORDS.split())


class Phrases:
    """Some phrases, ready to be looked for. With none, nothing is ever found.

    A text that holds one of them holds one of the words `needed`, or a word with one of the beginnings `begun`: most
    texts do not, and need not be searched.
    """

    def __init__(self, phrases: Sequence[str], *, spaces: bool = True) -> None:
        pieces = [piece for phrase in phrases for piece in phrase.split() if piece != "..."]
        self.words = frozenset(word for piece in pieces for word in _words(piece) if not word.endswith("*"))
        anchors = {word for phrase in phrases for word in _most_telling(phrase)}
        self.needed = frozenset(word if spaces else word[-1] for word in anchors if not word.endswith("*"))
        self.begun = frozenset(f" {word[:-1]}" for word in anchors if word.endswith("*"))
        either = "|".join(_pattern(phrase, spaces) for phrase in phrases) or "(?!)"
        self._anywhere = re.compile(rf"(?:^|(?<= ))(?:{either})(?= |$)")
        self._at_end = re.compile(rf"(?:^|(?<= ))(?:{either}) $")

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where they stand."""
        return [found.span() for found in self._anywhere.finditer(text)]

    def stand_before(self, text: str, place: int) -> bool:
        """Whether one of them ends right before that place. One of more than NEAR characters is not found."""
        return self._at_end.search(text, max(0, place - NEAR), place) is not None


def phrase_fault(phrase: str) -> str:
    """What is wrong with a phrase, in words; "" where it can be read."""
    pieces = phrase.split()
    if not pieces:
        return "expected at least one word"
    if pieces[0] == "..." or pieces[-1] == "...":
        return f"{phrase!r}: expected words on both sides of '...'"
    if all(piece == "..." or _is_optional(piece) for piece in pieces):
        return f"{phrase!r}: expected at least one word that must be there"
    for word in (word for piece in pieces if piece != "..." for word in _words(piece)):
        if not _WORD.fullmatch(word):
            return f"{phrase!r}: expected words in lower case without apostrophes, '/', '*', '( )' and '...'"
        if word != word.casefold():
            return f"{phrase!r}: expected lower case"
    return ""


def _most_telling(phrase: str) -> list[str]:
    """The words of one of its pieces: one of them stands in every text that holds the phrase, and in few others."""
    needed = [_words(piece) for piece in phrase.split() if piece != "..." and not _is_optional(piece)]
    return max(needed, key=lambda words: (_EVERYDAY.isdisjoint(words), min(len(word) for word in words)))


def _pattern(phrase: str, spaces: bool) -> str:
    pattern, between = "", ""
    for piece in phrase.split():
        if piece == "...":
            pattern, between = rf"{pattern} (?:\w+ ){{0,{GAP}}}", ""
            continue
        word = "(?:" + "|".join(_literal(word, spaces) for word in _words(piece)) + ")"
        if not _is_optional(piece):
            pattern, between = f"{pattern}{between}{word}", " "
        else:
            pattern += f"(?:{between}{word})?" if between else f"(?:{word} )?"
    return pattern


def _literal(word: str, spaces: bool) -> str:
    return re.escape(_spelt(word.removesuffix("*"), spaces)) + (r"\w*" if word.endswith("*") else "")


def _spelt(word: str, spaces: bool) -> str:
    return word if spaces else " ".join(word)


def _words(piece: str) -> list[str]:
    return (piece[1:-1] if _is_optional(piece) else piece).split("/")


def _is_optional(piece: str) -> bool:
    return piece.startswith("(") and piece.endswith(")")
