"""What a process with weights does: it keeps its agents in memory, makes the replies that are due, and answers trials.

The rows are the truth, and whoever wakes this merely says that it is time to look. Since a turn is due some seconds
after the message that it answers, the rows also know whose turn comes next: a batch is everything that is due within
the next moment, and nobody has to wait for it to fill.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from chat.models import AwaitedTurn
from chat.turns import Draft, awaited_agents, claim_turns, keep_drafts, lease_of, let_go, renew_leases
from modelserve.contexts import contexts_of
from modelserve.drawing import Drawn, Task, draw
from modelserve.engines.base import Context, Engine, Failure
from modelserve.filtering import Limits
from modelserve.loaded import WORKER, Loaded
from modelserve.models import Agent, Generation, Health
from modelserve.services import left_to_its_lease, show, typing_time
from modelserve.trials import answer_trials

log = logging.getLogger(__name__)

GATHER = timedelta(milliseconds=30)  # a batch takes along whatever is due so soon
RENEWALS = 3  # in one lease

loaded = Loaded()  # this process' own


def serve(*, now: datetime, seats: Loaded = loaded) -> bool:
    """One round: agents are looked after, trials answered, and each agent's most urgent turns have a reply.

    Says whether there was anything to answer; then there may be more. Safe to run in several processes at once.
    """
    agents = {agent.name: agent for agent in seats.look_after(now)}
    busy = [answer_trials(agent, engine, now=now) for agent in agents.values() if (engine := seats.engine_of(agent))]
    due = now + GATHER
    awaited = [one for one in awaited_agents(now=due) if one.agent.engine == "model" and one.agent.name in agents]
    for name in dict.fromkeys(one.agent.name for one in awaited):
        agent = agents[name]
        turns = claim_turns(now=due, of=[one for one in awaited if one.agent.name == name], limit=agent.batch)
        engine = seats.engine_of(agent)
        if turns and engine is not None:
            busy.append(True)
            answer_batch(agent, engine, turns)
    return any(busy)


def answer_batch(agent: Agent, engine: Engine, turns: Sequence[AwaitedTurn]) -> None:
    """Each turn has a reply of this agent, or rests until its lease has run out; the agent's row says what went wrong.

    The leases hold for as long as this lives, however long the engine takes, and run out soon after it dies.
    """
    taken_at = timezone.now()
    show(turns)
    with left_to_its_lease(f"Making {len(turns)} replies as {agent}", turns):
        try:
            with leases_kept(turns):
                begun = time.perf_counter()
                drawn = draw(engine, [_task(turn, context) for turn, context in _told(turns)])
                seconds = time.perf_counter() - begun
        except Exception as error:
            note_error(agent, f"{type(error).__name__}: {error}", timezone.now())
            raise
        _keep(agent, turns, drawn, taken_at)
        _note_latency(agent, seconds, len(turns))


def _told(turns: Sequence[AwaitedTurn]) -> Iterator[tuple[AwaitedTurn, Context]]:
    return zip(turns, contexts_of(turns), strict=True)


def _task(turn: AwaitedTurn, context: Context) -> Task:
    protocol = turn.protocol
    seated = protocol.agent(turn.conversation.agent)
    limits = Limits(protocol.danger, protocol.strategy_names, seated.may_claim_to_be_human)
    return Task(context, limits, protocol.safe_replies)


@transaction.atomic
def _keep(agent: Agent, turns: Sequence[AwaitedTurn], drawn: Sequence[Drawn | Failure], taken_at: datetime) -> None:
    """The replies are drafts with the story of each; what failed rests. What a newer message has reset stays reset."""
    made = {turn.pk: one for turn, one in zip(turns, drawn, strict=True) if isinstance(one, Drawn)}
    drafts = [
        Draft(turn, one.reply.strategy, one.reply.text, typing_time(turn.protocol.typing, one.reply.text))
        for turn in turns
        if (one := made.get(turn.pk))
    ]
    kept = keep_drafts(drafts)
    Generation.objects.filter(turn__in=kept).delete()  # of a reply that was thrown away for this one
    Generation.objects.bulk_create(
        [_generation(agent, turn, made[turn.pk], taken_at, len(turns)) for turn in kept],
    )
    failed = {turn: one for turn, one in zip(turns, drawn, strict=True) if isinstance(one, Failure)}
    let_go(turns=failed)
    for turn, failure in failed.items():
        log.warning("%s has no reply to %s, which is taken again: %s", agent, turn, failure.reason)
        note_error(agent, failure.reason, timezone.now())


def _generation(agent: Agent, turn: AwaitedTurn, drawn: Drawn, taken_at: datetime, batch: int) -> Generation:
    return Generation(
        turn=turn,
        agent=agent,
        worker=WORKER,
        checkpoint_hash=agent.checkpoint_hash,
        variant=agent.variant,
        seed=drawn.seed,
        prompt_hash=drawn.reply.prompt_hash,
        tokens=drawn.reply.tokens,
        batch=batch,
        queue_seconds=max(0.0, (taken_at - turn.due_at).total_seconds()),
        generation_seconds=drawn.reply.seconds,
        refused=list(drawn.refused),
        is_safe_reply=drawn.is_safe_reply,
        made_at=timezone.now(),
    )


@contextmanager
def leases_kept(turns: Sequence[AwaitedTurn]) -> Iterator[None]:
    """While this block runs, the turns stay the caller's own: a thread renews their lease in good time."""
    pause = min(lease_of(turn) for turn in turns).total_seconds() / RENEWALS
    over = threading.Event()

    def renew() -> None:
        try:
            while not over.wait(pause):
                renew_leases(turns=turns, now=timezone.now())
        except Exception:
            log.exception("A lease could not be renewed; the turns are taken again if their reply comes too late.")
        finally:
            connection.close()

    thread = threading.Thread(target=renew, name="leases", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def note_error(agent: Agent, error: str, now: datetime) -> None:
    """The admin shows this beside the agent."""
    Health.objects.filter(agent=agent, worker=WORKER).update(error=error, error_at=now)


def _note_latency(agent: Agent, seconds: float, batch: int) -> None:
    Health.objects.filter(agent=agent, worker=WORKER).update(latency=seconds, latency_batch=batch)
