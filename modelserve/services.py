"""The worker that sits in the supporter's seat: it takes the turns that wait and answers them like a person would.

A turn goes two steps. First a reply is made, while the seeker sees the agent typing, and kept on the turn's row; when
its typing time is over it is said, through the same service as a person's message. A worker may die anywhere: the
turn is taken again when its lease has run out, and its context makes the same reply again.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from chat.models import AwaitedTurn
from chat.turns import claim_turns, draft_reply, show_typing, speak
from esc.studies.schema import Agent, Typing
from modelserve.agents import engine_of
from modelserve.contexts import contexts_of

log = logging.getLogger(__name__)


def answer_turns(*, now: datetime) -> None:
    """Every turn that was due by `now`, and free, is one step further: its reply is said, or made and kept.

    Safe to run twice and from several workers at once. What fails is logged and left to its lease.
    """
    show_who_types(now=now)
    while turns := claim_turns(now=now):
        for turn in turns:
            if turn.text:
                with left_to_its_lease(f"Saying the reply to {turn}"):
                    speak(turn=turn)
        for (agent, strategies), batch in _by_agent(turns).items():
            with left_to_its_lease(f"Making {len(batch)} replies as {agent.name!r}"):
                draft_replies(agent, strategies, batch, now=now)


def draft_replies(agent: Agent, strategies: Sequence[str], turns: Sequence[AwaitedTurn], *, now: datetime) -> None:
    """Each turn has a reply of this agent, made in one batch, to be said when its typing time from `now` on is over.

    Raises FileRefusal where the agent cannot speak in this study. A turn that a newer message has reset stays reset.
    """
    engine = engine_of(agent, strategies)
    for turn in turns:
        show_typing(turn=turn)
    for turn, reply in zip(turns, engine.reply(contexts_of(turns)), strict=True):
        speak_at = now + typing_time(turn.conversation.protocol.typing, reply.text)
        draft_reply(turn=turn, strategy=reply.strategy, text=reply.text, speak_at=speak_at)


def show_who_types(*, now: datetime) -> None:
    """The seekers whose reply is made and waits see the agent typing, still: a page forgets it after a few seconds."""
    for turn in AwaitedTurn.objects.filter(answered_at__isnull=True, due_at__gt=now).exclude(text=""):
        show_typing(turn=turn)


def typing_time(typing: Typing, text: str) -> timedelta:
    """How long a person might type this text, by the protocol's figures: the same for every agent of a study."""
    return timedelta(seconds=min(typing.longest, typing.base + typing.per_character * len(text)))


def _by_agent(turns: Sequence[AwaitedTurn]) -> dict[tuple[Agent, tuple[str, ...]], list[AwaitedTurn]]:
    """The turns that need a reply, those of one agent under one set of strategies together."""
    batches: dict[tuple[Agent, tuple[str, ...]], list[AwaitedTurn]] = defaultdict(list)
    for turn in turns:
        if not turn.text:
            protocol = turn.conversation.protocol
            batches[protocol.agent(turn.conversation.agent), tuple(protocol.strategy_names)].append(turn)
    return batches


@contextmanager
def left_to_its_lease(what: str) -> Iterator[None]:
    """Whatever goes wrong in here is logged with its traceback and harms no other turn; the turn is taken again."""
    try:
        yield
    except Exception:
        log.exception("%s failed; it is tried again when the lease has run out.", what)
