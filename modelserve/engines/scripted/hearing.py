"""What the scripted supporter hears in a conversation: the moment, and words to give back. Pure."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import groupby
from typing import Any

from esc.ontology import Role
from modelserve.engines.base import Heard
from modelserve.engines.scripted.mirror import fragment_of

SHORT = 12  # words: a longer message is more than a thank-you
BRIEF = 20  # words: in a longer turn, a good word at the beginning is not what it is about
LITTLE = 8  # words: below it, hardly anything is known of the seeker yet

_SENTENCES = re.compile(r"[.!?\n…]+")
_EMPHASIS = re.compile(r"\b(?:even|really|actually|just|maybe|perhaps|like|also) ")
_NO_WORD = re.compile(r"[^\w]+")
_HOW_I_FEEL = r"(?:im|i am|i feel|im feeling|i am feeling|ive been|i have been|ive been feeling|makes me|makes me feel)"
_HOW_MUCH = r"(?: (?:so|very|really|just|too|quite|pretty|still|always|a bit|a little|kind of|all|completely|feeling))"
_ELSE = r"(?!tired of\b|down (?:to|for)\b|low on\b)"


@dataclass(frozen=True)
class Hearing:
    """What there is to answer."""

    turns: int  # the seeker's turns so far
    moment: str  # what the newest turn asks for: a key of words.toml, "asked", or ""
    little: bool  # hardly anything is known yet
    words: Mapping[str, str]  # what can fill a slot


def listen(utterances: Sequence[Heard]) -> Hearing:
    """What is heard at the end of this conversation."""
    runs = [(role, [heard.text for heard in run]) for role, run in groupby(utterances, key=lambda heard: heard.role)]
    turns = [texts for role, texts in runs if role is Role.SEEKER]
    newest = turns[-1] if turns else []
    said = [sentence for texts in turns for text in texts for sentence in sentences(text)]
    found = {"fragment": fragment_of("\n".join(newest)), "feeling": feeling_in(said), "topic": topic_in(said)}
    return Hearing(
        turns=len(turns),
        moment=moment_of(newest),
        little=sum(len(sentence.split()) for sentence in said) < LITTLE,
        words={slot: words for slot, words in found.items() if words},
    )


def moment_of(newest: Sequence[str]) -> str:
    """What the seeker's newest messages ask for; the gravest first."""
    said = [sentence for text in newest for sentence in sentences(text)]
    whole = " ".join(sentences(newest[-1])) if newest else ""
    signs = {
        "danger": _any_phrase("danger", said),
        "program": _any_phrase("program", [_EMPHASIS.sub("", sentence) for sentence in said]),
        "goodbye": any(_is_goodbye(sentence) for sentence in said),
        "advice": _any_phrase("advice", said),
        "better": _is_better(said),
        "thanks": _is_thanks(whole),
        "greeting": bool(said) and all(set(sentence.split()) <= set(known_words()["greeting"]) for sentence in said),
        "asked": bool(newest) and newest[-1].rstrip().endswith("?"),
    }
    return next((moment for moment, there in signs.items() if there), "")


def feeling_in(said: Sequence[str]) -> str | None:
    """How the seeker last said that they feel, in a word that fits after "you feel"."""
    return next((feeling for sentence in reversed(said) if (feeling := _feeling(sentence))), None)


def topic_in(said: Sequence[str]) -> str | None:
    """What is spoken of most often, in a word of ours; None where it is nothing we have a word for."""
    counts = {topic: sum(_count(word, said) for word in words) for topic, words in known_words()["topics"].items()}
    most = max(counts, key=lambda topic: counts[topic])
    return most if most and counts[most] else None


def sentences(text: str) -> list[str]:
    """The sentences of a message as they are compared: lower case, no apostrophes, one space between words."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "").replace("'", "")
    return [words for part in _SENTENCES.split(plain) if (words := _NO_WORD.sub(" ", part).strip())]


@lru_cache(maxsize=1)
def known_words() -> Mapping[str, Any]:
    """The lists of words.toml."""
    return tomllib.loads((files(__package__) / "words.toml").read_text(encoding="utf-8"))


def _any_phrase(kind: str, said: Iterable[str]) -> bool:
    return any(f" {phrase} " in f" {sentence} " for sentence in said for phrase in known_words()[kind])


def _count(phrase: str, said: Iterable[str]) -> int:
    return sum(f" {phrase} " in f" {sentence} " for sentence in said)


def _is_better(said: Sequence[str]) -> bool:
    """A short turn with a good word in it that nothing in the same sentence takes back."""
    plain = [sentence for sentence in said if not _any_phrase("not_better", [sentence])]
    return sum(len(sentence.split()) for sentence in said) <= BRIEF and _any_phrase("better", plain)


def _is_thanks(message: str) -> bool:
    """A short message that begins with thanks, fillers before it allowed."""
    if len(message.split()) > SHORT or _any_phrase("not_thanks", [message]):
        return False
    before = [f" {message} ".partition(f" {thanks} ") for thanks in known_words()["thanks"]]
    return any(found and set(head.split()) <= set(known_words()["fillers"]) for head, found, _ in before)


def _is_goodbye(sentence: str) -> bool:
    rest = f" {sentence} "
    for phrase in known_words()["goodbye"]:
        rest = rest.replace(f" {phrase} ", " ")
    return rest.strip() != sentence and set(rest.split()) <= set(known_words()["fillers"])


def _feeling(sentence: str) -> str | None:
    found = _feelings().search(sentence)
    return next((f for f, words in known_words()["feelings"].items() if found and found[1] in words), None)


@lru_cache(maxsize=1)
def _feelings() -> re.Pattern[str]:
    words = "|".join(re.escape(word) for words in known_words()["feelings"].values() for word in words)
    return re.compile(rf"\b{_HOW_I_FEEL}{_HOW_MUCH}{{0,3}} {_ELSE}({words})\b")
