"""The worker that sits in the supporter's seat: it takes the turns that wait and answers them like a person would.

A turn goes two steps. First a reply is made, while the seeker sees the agent typing, and kept on the turn's row; when
its typing time is over it is said, through the same service as a person's message. A worker may die anywhere: the
turn is taken again when its lease has run out, and its context makes the same reply again.

Whoever sweeps takes the second step for every agent, and the first one for the script. A model's first step is made
where its weights are (modelserve.serving): so no long batch keeps anybody's reply from being said in time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from chat.models import AwaitedTurn
from chat.turns import (
    Draft,
    awaited_agents,
    claim_replies,
    claim_turns,
    keep_drafts,
    let_go,
    show_typing,
    speak,
    typing_turns,
)
from esc.studies.schema import Typing
from modelserve.agents import script
from modelserve.contexts import contexts_of
from modelserve.engines.base import Failure

log = logging.getLogger(__name__)

SHOWN_EVERY = 1.5  # seconds; a page forgets after four that somebody is typing
SWEEP = 0.5  # seconds between two runs of `answer_turns`


def answer_turns(*, now: datetime) -> None:
    """Every turn that was due by `now`, and free, is one step further: its reply is said, or (the script's) made.

    Safe to run twice and from several workers at once. What fails is logged and left to its lease.
    """
    show_who_types(now=now)
    while turns := claim_replies(now=now):
        for turn in turns:
            with left_to_its_lease(f"Saying the reply to {turn}"):
                speak(turn=turn)
    scripted = [awaited for awaited in awaited_agents(now=now) if awaited.agent.engine == "scripted"]
    while turns := claim_turns(now=now, of=scripted):
        with left_to_its_lease(f"Making {len(turns)} replies from the script", turns):
            draft_from_script(turns)


def draft_from_script(turns: Sequence[AwaitedTurn]) -> None:
    """Each turn has a reply of the script, to be said when its typing is over; what a newer message reset stays so."""
    show(turns)
    keep_drafts(
        Draft(turn, reply.strategy, reply.text, typing_time(turn.protocol.typing, reply.text))
        for turn, reply in zip(turns, script().reply(contexts_of(turns)), strict=True)
        if not isinstance(reply, Failure)
    )


def show(turns: Sequence[AwaitedTurn]) -> None:
    """The seekers of these turns see the agent typing."""
    for turn in turns:
        show_typing(turn=turn)


def show_who_types(*, now: datetime) -> None:
    """The seekers whose reply is being made, or waits, still see the agent typing: their page forgets it by itself."""
    for turn in typing_turns(now=now):
        if turn.typing_since is not None and (now - turn.typing_since).total_seconds() % SHOWN_EVERY < SWEEP:
            show_typing(turn=turn)


def typing_time(typing: Typing, text: str) -> timedelta:
    """How long a person might type this text, by the protocol's figures: the same for every agent of a study.

    It begins when a worker takes the turn, so the time that a model needs for its reply is part of it.
    """
    return timedelta(seconds=min(typing.longest, typing.base + typing.per_character * len(text)))


@contextmanager
def left_to_its_lease(what: str, turns: Sequence[AwaitedTurn] = ()) -> Iterator[None]:
    """Whatever goes wrong in here is logged with its traceback and harms no other turn; these are taken again."""
    try:
        yield
    except Exception:
        log.exception("%s failed; it is tried again when the lease has run out.", what)
        let_go(turns=turns)
