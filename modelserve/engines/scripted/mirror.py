"""The seeker's own words, turned round: "I lost my job" becomes "you lost your job". Pure.

Pronouns turned by table go wrong quickly, and a turned self-reproach hurts. So only short, plain clauses about what
happens are turned; for everything else there is no fragment, and the script says something without one.
"""

from __future__ import annotations

import re

SHORTEST, LONGEST = 4, 12  # words of a fragment
LONGEST_WORD = 20  # characters

TURNED = {
    "i": "you", "im": "you're", "i'm": "you're", "ive": "you've", "i've": "you've",
    "me": "you", "my": "your", "mine": "yours", "myself": "yourself",
    "we": "you", "we're": "you're", "we've": "you've",
    "us": "you", "our": "your", "ours": "yours", "ourselves": "yourselves",
}  # fmt: skip
VERBS_AFTER_I = {"am": "are", "was": "were", "wasn't": "weren't", "wasnt": "weren't"}
OPENERS = {"i", "i'm", "im", "i've", "ive", "my", "we", "we're", "we've", "our"}
SKIPPED_FIRST = {"and", "so", "well", "then", "also", "yes", "yeah", "because", "but", "ok", "okay", "now", "actually"}
ADVERBS = {"just", "really", "also", "still", "always", "so", "once", "only", "very", "already", "often", "usually"}
# What may stand before a second "I" of one clause; anything else is two sentences without a full stop.
JOINS = {
    "and", "or", "that", "what", "how", "when", "where", "why", "who", "which", "than", "as", "before", "after",
    "since", "while", "until", "if", "think", "feel", "thought", "felt", "everything", "everyone", "people", "way",
}  # fmt: skip
# Second words that make it an answer to the supporter, or a plan, and not something to give back.
ANSWERS = {
    "know", "guess", "mean", "see", "agree", "understand", "suppose", "appreciate", "dunno", "hope", "do", "did",
    "will", "can", "could", "should", "would", "may", "might", "wonder", "wouldn't", "wouldnt",
}  # fmt: skip
NEVER_INSIDE = {
    "you", "your", "yours", "you're", "youre", "u", "ur", "yourself", "let's", "lets", "i'll", "we'll", "i'd", "we'd",
    "name", "lol", "lmao", "haha", "hahaha", "um", "uh", "omg", "idk", "tbh", "btw", "tho", "though", "hi", "hello",
    "thanks", "thank", "please", "better", "too", "either", "advice", "chat", "die", "dying", "dead", "ass", "sex",
    "cut", "gun", "never", "enough", "bad", "wrong", "mess", "fat", "weak",
}  # fmt: skip
NEVER_BEGINNING = (
    "fuck", "shit", "bitch", "bastard", "damn", "crap", "cunt", "dick", "slut", "whore", "rape", "raping", "molest",
    "kill", "suicid", "murder", "abus", "hurt", "hate", "hating", "stupid", "worthless", "useless", "ugl", "fail",
    "loser", "fault", "idiot", "pathetic", "dumb", "burden", "deserv", "disgust", "lazy", "crazy", "insane", "terribl",
    "horribl", "awful", "monster", "coward", "freak", "hopeless", "overdos", "weapon", "asshol",
)  # fmt: skip
NEVER_LAST = {
    "and", "but", "or", "because", "so", "the", "a", "an", "to", "of", "with", "that", "if", "when", "my", "our", "i",
    "we", "do", "is", "are", "was", "were", "am", "for", "in", "at", "on", "like", "as", "than", "from", "too",
}  # fmt: skip
LABELS = re.compile(r"^(i'm|im|i am|i was|i've been|i have been)( \w+)? (a|an|the|not|no)\b|\blike an? ")

_SENTENCES = re.compile(r"[^.!?\n…]+[.!?…]*")
_CLAUSES = re.compile(r"[,;:()\[\]\"“”–—]+|\s-+\s|\b(?:but|because)\b", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*")


def fragment_of(text: str) -> str | None:
    """The last clause of that text that can safely follow "you say that", turned round; None where there is none."""
    for sentence in reversed(_SENTENCES.findall(text.replace("’", "'"))):
        if "?" in sentence:
            continue
        for clause in reversed(_CLAUSES.split(sentence)):
            if (fragment := mirrored(clause.rstrip(".!… "))) is not None:
                return fragment
    return None


def mirrored(clause: str) -> str | None:
    """The clause seen from the other side, or None where that might come out wrong or unkind."""
    words = clause.split()
    while words and words[0].lower() in SKIPPED_FIRST:
        words = words[1:]
    low = [word.lower() for word in words]
    if not SHORTEST <= len(words) <= LONGEST or not _is_plain(words) or not _is_kind(low):
        return None
    return _turned(words, low)


def _is_plain(words: list[str]) -> bool:
    """A clause about the one who writes, in ordinary words, that does not break off."""
    shouted = any(word.isupper() and len(word) > 1 for word in words)
    spelt = all(_WORD.fullmatch(word) and len(word) <= LONGEST_WORD for word in words)
    first, second, last = words[0].lower(), words[1].lower(), words[-1].lower()
    answer = first == "i" and (second in ANSWERS or (second in {"don't", "dont"} and words[2].lower() == "know"))
    bare = first in {"my", "our"} and "and" in words and len(words) <= 5  # "my husband and my children": no verb
    return spelt and not shouted and first in OPENERS and not answer and not bare and last not in NEVER_LAST


def _is_kind(low: list[str]) -> bool:
    """Nothing that a person should not read about themselves, and nothing that already speaks of the supporter."""
    harsh = any(word in NEVER_INSIDE or word.startswith(NEVER_BEGINNING) for word in low)
    return not harsh and LABELS.search(" ".join(low)) is None


def _turned(words: list[str], low: list[str]) -> str | None:
    turned = []
    for place, word in enumerate(low):
        before = _before(low, place)
        if word in {"i", "i'm", "im", "i've", "ive", "we"} and place and low[place - 1] not in JOINS:
            return None  # two sentences in one
        if word in VERBS_AFTER_I and before == "i":
            turned.append(VERBS_AFTER_I[word])
        elif word == "am" or (word in VERBS_AFTER_I and before in {"and", "or", ""}):
            return None  # its subject is not in sight
        else:
            turned.append(TURNED.get(word, words[place]))
    return " ".join(turned)


def _before(low: list[str], place: int) -> str:
    """The word before that place, adverbs passed over; "" at the beginning."""
    return next((word for word in reversed(low[:place]) if word not in ADVERBS), "")
