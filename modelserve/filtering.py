"""Whether what a model made may be said: pure rules, each bounded in time by the length of one utterance.

Danger to life is the platform's own reviewed list (esc.safety.screening): what speaks of it is not for a program to
say, in any direction. People have the helplines on their page by then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from esc.errors import Refusal
from esc.safety.screening import screen
from esc.studies.danger import Danger
from esc.text import check_utterance

Fault = Literal[
    "strategy", "empty", "unfit", "special_tokens", "address", "repeated", "loops", "claims_human", "danger"
]

LONGEST_LOOP = 12  # words
SPECIAL = re.compile(
    r"<\|[^<>|]{1,40}\|>"  # <|endoftext|>
    r"|</?(?:s|pad|unk|mask|bos|eos|cls|sep|start|end|sys|user|bot|think)>"
    r"|\[/?(?:pad|unk|cls|sep|mask|inst|sys|bos|eos)\]"
    r"|__[a-z]+__"  # BlenderBot-small's __start__, __unk__
    r"|@@\s|[▁�]|Ġ\w+\s*Ġ"  # pieces of words, and of characters
    r"|^[ \t]*(?:seeker|supporter|user|assistant|system|usr|sys)\s*:",  # it goes on as somebody else
    re.IGNORECASE | re.MULTILINE,
)
ADDRESS = re.compile(r"https?:|\bwww\.|\w@[\w-]{1,63}\.\w|\w\.(?:com|org|net|edu|gov|info|io|co\.uk)\b", re.IGNORECASE)
WORDS = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
SENTENCE_END = re.compile(r"[.!?…]+\s+|\n+")
_I_AM = r"\b(?:i\s+am|i['’]?m)\s+"
_LIGHT = r"(?:(?:just|only|really|actually|also|still|definitely|very|your|some|any|an?|the|fellow|real|actual)\s+)*"
_HUMAN = r"(?:human(?:\s+being)?|living\s+person|person|man|woman)\b(?!['’-])"
_MACHINE = (
    r"(?:(?:chat\s?)?bots?|robots?|machines?|computers?|(?:computer\s+)?programs?|a\.?i\b\.?|algorithms?|models?)"
)
_NO_NOUN_FOLLOWS = (
    r"(?=\s*(?:[^\w\s]|\Z|(?:and|but|or|so|i|you|who|that|if|like)\b))"  # "not a computer expert" is none
)
CLAIMS_HUMAN = re.compile(
    rf"{_I_AM}{_LIGHT}{_HUMAN}"
    rf"|{_I_AM}(?:\w+\s+)?not\s+{_LIGHT}{_MACHINE}{_NO_NOUN_FOLLOWS}"
    rf"|\bas\s+an?\s+{_LIGHT}human(?:\s+being)?,?\s+(?:myself|too|i)\b"
    rf"|\byou(?:\s+are|['’]?re)\s+{_LIGHT}(?:talking|speaking|chatting|writing)\s+(?:to|with)\s+{_LIGHT}{_HUMAN}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Limits:
    """What one study lets its agent say."""

    danger: Danger
    strategies: Collection[str]
    may_claim_to_be_human: bool = False


def fault_of(strategy: str, text: str, own: Sequence[str], limits: Limits) -> Fault | None:
    """The first reason why this may not be said after these utterances of its own; None where it may."""
    checks: dict[Fault, Callable[[], bool]] = {
        "strategy": lambda: strategy not in limits.strategies,
        "empty": lambda: not _words(text),
        "unfit": lambda: _is_unfit(text),
        "special_tokens": lambda: _leaks(text, limits.strategies),
        "address": lambda: ADDRESS.search(text) is not None,
        "repeated": lambda: _words(text) in [_words(said) for said in own],
        "loops": lambda: _loops(text),
        "claims_human": lambda: not limits.may_claim_to_be_human and CLAIMS_HUMAN.search(text) is not None,
        "danger": lambda: screen(text, limits.danger) is not None,
    }
    return next((fault for fault, holds in checks.items() if holds()), None)


def _words(text: str) -> list[str]:
    return [word.casefold().replace("’", "'") for word in WORDS.findall(text)]


def _is_unfit(text: str) -> bool:
    """The chat itself would refuse it: too long, or with characters that no database takes."""
    try:
        check_utterance(text)
    except Refusal:
        return True
    return False


def _leaks(text: str, strategies: Collection[str]) -> bool:
    folded = text.casefold()
    return SPECIAL.search(text) is not None or any(f"[{name.casefold()}]" in folded for name in strategies)


def _loops(text: str) -> bool:
    """It says something three times on end (a single word four times), or a whole sentence twice."""
    words = _words(text)
    sentences = [tuple(_words(sentence)) for sentence in SENTENCE_END.split(text)]
    long = [sentence for sentence in sentences if len(sentence) > 3]
    return len(set(long)) < len(long) or any(_recurs(words, size) for size in range(1, LONGEST_LOOP + 1))


def _recurs(words: Sequence[str], size: int) -> bool:
    """Some `size` words stand there three times on end (four times where it is one word)."""
    wanted = size * (3 if size == 1 else 2)  # so many words on end equal the word `size` places before them
    run = 0
    for place in range(size, len(words)):
        run = run + 1 if words[place] == words[place - size] else 0
        if run >= wanted:
            return True
    return False
