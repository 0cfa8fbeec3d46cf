"""Conversations with the scripted supporter, without a database."""

from __future__ import annotations

from collections.abc import Iterable

from esc.ontology import Role
from modelserve.engines.base import Context, Heard
from modelserve.engines.scripted.engine import say

SEEKER = Role.SEEKER

# A made-up seeker, one message a turn.
STORY = (
    "Hi",
    "I lost my job two weeks ago, and since then everything is different.",
    "It was a small company. My boss told me on a Friday afternoon.",
    "I feel so anxious when I think about the rent.",
    "My wife thinks that I should have seen it coming.",
    "Yes, she said it in front of the kids.",
    "I sleep maybe four hours a night.",
    "No, I have not told anybody else.",
    "What should I do?",
    "I could write to my sister, maybe.",
    "She always has a good word for everybody.",
    "Thanks",
    "My old colleagues still write to me from the office.",
    "I feel a bit better now.",
    "Thank you for listening. Bye!",
)


def heard(*texts: str) -> tuple[Heard, ...]:
    """These messages of the seeker, one after the other."""
    return tuple(Heard(SEEKER, text) for text in texts)


def conversation(texts: Iterable[str], *, seed: int = 7) -> list[Heard]:
    """What the two say when the seeker says these, each answered by the scripted supporter."""
    said: list[Heard] = []
    for number, text in enumerate(texts):
        said.append(Heard(SEEKER, text))
        strategy, reply = say(Context(tuple(said), seed + number))
        said.append(Heard(Role.SUPPORTER, reply, strategy))
    return said


def replies(said: Iterable[Heard]) -> list[Heard]:
    return [one for one in said if one.role is Role.SUPPORTER]
