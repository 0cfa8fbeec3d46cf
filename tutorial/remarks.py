"""Kind remarks on a practice chat, from the strategies and the lengths that the supporter chose. Pure.

Nothing here marks anybody. A remark is made once in a chat at most, and at most one after each message.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from esc.ontology import Strategy

LISTENING = {Strategy.QUESTION, Strategy.RESTATEMENT, Strategy.REFLECTION}
ACTING = {Strategy.SUGGESTIONS, Strategy.INFORMATION}
WARM = {Strategy.RESTATEMENT, Strategy.REFLECTION, Strategy.AFFIRMATION, Strategy.SELF_DISCLOSURE}
SHORT, LONG = 4, 70  # words: up to, and from


@dataclass(frozen=True)
class Said:
    """One message of the supporter."""

    strategy: str
    words: int


def said(strategy: str, text: str) -> Said:
    return Said(strategy, len(text.split()))


def suggested_before_asking(so_far: Sequence[Said]) -> bool:
    """An idea or a fact came before anything that finds out what is wrong."""
    return so_far[-1].strategy in ACTING and not _used(so_far[:-1], LISTENING)


def much_about_yourself(so_far: Sequence[Said]) -> bool:
    """The second message in the supporter's last three about their own life."""
    return _is_now(so_far, Strategy.SELF_DISCLOSURE) and _count(so_far[-3:], Strategy.SELF_DISCLOSURE) >= 2


def question_after_question(so_far: Sequence[Said]) -> bool:
    """Three questions in a row."""
    return len(so_far) >= 3 and all(one.strategy == Strategy.QUESTION for one in so_far[-3:])


def same_again(so_far: Sequence[Said]) -> bool:
    """Three messages in a row of one strategy that is no question."""
    return len(so_far) >= 3 and len({one.strategy for one in so_far[-3:]}) == 1 and not question_after_question(so_far)


def very_long(so_far: Sequence[Said]) -> bool:
    return so_far[-1].words >= LONG


def very_short(so_far: Sequence[Said]) -> bool:
    """A few words, in something else than a greeting."""
    return so_far[-1].words <= SHORT and so_far[-1].strategy != Strategy.OTHERS


def no_warmth_yet(so_far: Sequence[Said]) -> bool:
    """After three messages nothing has shown that the seeker was heard."""
    return len(so_far) >= 3 and not _used(so_far, WARM)


def no_step_yet(so_far: Sequence[Said]) -> bool:
    """After five messages nothing has looked at what could come next."""
    return len(so_far) >= 5 and not _used(so_far, ACTING)


def named_a_feeling(so_far: Sequence[Said]) -> bool:
    return _is_now(so_far, Strategy.REFLECTION)


def asked_first(so_far: Sequence[Said]) -> bool:
    """The first thing after a greeting was a question."""
    return _is_now(so_far, Strategy.QUESTION) and not _used(so_far[:-1], set(Strategy) - {Strategy.OTHERS})


def suggested_in_time(so_far: Sequence[Said]) -> bool:
    """A suggestion after listening, in the later half."""
    return len(so_far) >= 4 and _is_now(so_far, Strategy.SUGGESTIONS) and _used(so_far[:-1], LISTENING)


def _used(messages: Sequence[Said], strategies: Collection[str]) -> bool:
    return any(one.strategy in strategies for one in messages)


def _is_now(so_far: Sequence[Said], strategy: Strategy) -> bool:
    return so_far[-1].strategy == strategy


def _count(messages: Sequence[Said], strategy: Strategy) -> int:
    return sum(one.strategy == strategy for one in messages)


# What matters most comes first: where several remarks fit, one is made. The keys are those of practice.toml.
REMARKS: dict[str, Callable[[Sequence[Said]], bool]] = {
    "suggested-before-asking": suggested_before_asking,
    "much-about-yourself": much_about_yourself,
    "question-after-question": question_after_question,
    "same-again": same_again,
    "very-long": very_long,
    "very-short": very_short,
    "no-warmth-yet": no_warmth_yet,
    "no-step-yet": no_step_yet,
    "named-a-feeling": named_a_feeling,
    "asked-first": asked_first,
    "suggested-in-time": suggested_in_time,
}


def remark_on(so_far: Sequence[Said], made: Collection[str]) -> str | None:
    """The key of the remark on the newest of these messages, None where there is none to make.

    `made` are the keys of the remarks that this chat has had.
    """
    if not so_far:
        return None
    return next((key for key, applies in REMARKS.items() if key not in made and applies(so_far)), None)
