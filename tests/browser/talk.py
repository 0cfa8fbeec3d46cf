"""What the two people of the browser tests say to each other: long enough, and well enough, to be approved."""

from __future__ import annotations

from typing import NamedTuple


class Exchange(NamedTuple):
    """One message of the seeker, and the supporter's answer with its strategy."""

    said: str
    strategy: str
    answered: str


# Every strategy comes once.
TALK = [
    Exchange(
        "Hello, thank you for taking the time to talk with me today.",
        "Others",
        "Hello, I am glad that you are here; take all the time you need.",
    ),
    Exchange(
        "My team at work is being closed, and nobody tells us anything.",
        "Question",
        "That must be a lot to carry. What happened in the last few weeks?",
    ),
    Exchange(
        "First they cancelled all our meetings, then two managers simply left.",
        "Restatement or Paraphrasing",
        "So one thing after another went away, and nobody explained to you why.",
    ),
    Exchange(
        "Yes, exactly that, and I cannot sleep because of it any more. 😔",
        "Reflection of feelings",
        "It sounds as if you feel left alone with it, and rather afraid.",
    ),
    Exchange(
        "I do feel alone. My family thinks I worry too much about it.",
        "Self-disclosure",
        "I lost a job five years ago, and my family did not understand it either.",
    ),
    Exchange(
        "Really? And how did you get through that time back then?",
        "Affirmation and Reassurance",
        "Day by day, and you are already doing the same: you keep going.",
    ),
    Exchange(
        "That is kind of you to say. What would you do in my place?",
        "Providing Suggestions",
        "Maybe you could ask the personnel office for a talk and write your questions down?",
    ),
    Exchange(
        "I could do that tomorrow morning, before the shift begins at eight.",
        "Information",
        "Most works councils also give advice, and they have to keep it to themselves.",
    ),
]
