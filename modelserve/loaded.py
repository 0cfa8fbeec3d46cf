"""The models that this process has in memory: loaded when their row appears, let go of when it changes or goes.

What is loaded, or why it could not be, is told in Health rows: the web process has no weights and looks there.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from esc.errors import FileRefusal
from modelserve.engines.base import Engine
from modelserve.engines.loading import EngineSpec, checkpoint_hash, load_engine
from modelserve.models import Agent, Health

log = logging.getLogger(__name__)

REPORT_EVERY = timedelta(seconds=5)
FORGOTTEN = timedelta(days=1)  # a worker that was not seen for so long is no news any more
LOAD_AGAIN = timedelta(seconds=30)  # after a checkpoint could not be loaded; at once where its row has changed
WORKER = f"{socket.gethostname()}/{os.getpid()}"


@dataclass
class Held:
    """One agent as this process has it; without an engine, why not."""

    identity: tuple[Any, ...]
    engine: Engine | None
    error: str
    at: datetime  # when it was loaded, or when that was tried


class Loaded:
    """The agents in this process' memory, by their row's id. Used by one thread at a time."""

    def __init__(self) -> None:
        self._held: dict[int, Held] = {}
        self._reported: datetime | None = None

    def engine_of(self, agent: Agent) -> Engine | None:
        held = self._held.get(agent.pk)
        return held.engine if held else None

    def look_after(self, now: datetime) -> list[Agent]:
        """Every agent that is to be served is in memory, or its row says why not; comes back with those that are.

        Reads one query where nothing has changed, and reports every few seconds.
        """
        agents = list(wanted_agents())
        for gone in self._held.keys() - {agent.pk for agent in agents}:
            del self._held[gone]
        changed = [agent for agent in agents if self._is_outdated(agent, now)]
        for agent in changed:
            self._held.pop(agent.pk, None)  # its memory is free before the next one is loaded
            self._held[agent.pk] = _hold(agent, now)
        if changed or self._reported is None or now >= self._reported + REPORT_EVERY:
            self._report(agents, now)
        return [agent for agent in agents if self._held[agent.pk].engine is not None]

    def _is_outdated(self, agent: Agent, now: datetime) -> bool:
        held = self._held.get(agent.pk)
        if held is None or held.identity != (agent.identity, agent.checkpoint_hash):
            return True
        return held.engine is None and now >= held.at + LOAD_AGAIN

    def _report(self, agents: Collection[Agent], now: datetime) -> None:
        self._reported = now
        for agent in agents:
            held = self._held[agent.pk]
            said: dict[str, Any] = {"seen_at": now, "loaded_at": held.at if held.engine else None}
            if held.engine is None:
                said |= {"error": held.error, "error_at": held.at}
            Health.objects.update_or_create(agent=agent, worker=WORKER, defaults=said)
        Health.objects.filter(seen_at__lt=now - FORGOTTEN).delete()


def wanted_agents() -> Collection[Agent]:
    """Those that this process is to serve: all, or the ones that MODEL_AGENTS names."""
    agents = Agent.objects.served()
    return agents.filter(name__in=settings.MODEL_AGENTS) if settings.MODEL_AGENTS else agents


def _hold(agent: Agent, now: datetime) -> Held:
    engine, error = None, ""
    try:
        engine = load_agent(agent)
    except FileRefusal as refusal:
        error = str(refusal)
        log.error("The agent %s cannot be served: %s", agent, error)
    except Exception as unexpected:  # a driver, a full disk, a file that is no checkpoint: it harms no other agent
        error = f"{type(unexpected).__name__}: {unexpected}"
        log.exception("The agent %s cannot be served.", agent)
    return Held((agent.identity, agent.checkpoint_hash), engine, error, now)


def load_agent(agent: Agent) -> Engine:
    """The engine of this row, which from now on names its checkpoint's hash and its strategies.

    Raises FileRefusal where it cannot be loaded, and where the checkpoint is not the one that the row was made with.
    """
    engine = load_engine(spec_of(agent))
    found = _hash_of(agent)
    if agent.checkpoint_hash and found != agent.checkpoint_hash:
        raise FileRefusal(
            agent.checkpoint,
            f"this is not the checkpoint that the agent {agent.name!r} was made with. "
            f"Expected {agent.checkpoint_hash}, found {found}. "
            "Put the old files back, or add the new checkpoint as another agent.",
        )
    agent.checkpoint_hash, agent.speaks = found, sorted(engine.speaks)
    agent.save(update_fields=["checkpoint_hash", "speaks"])
    return engine


def _hash_of(agent: Agent) -> str:
    """An endpoint does not say which weights it has; its name for them is in the row."""
    return "" if agent.engine == Agent.Engine.OPENAI else checkpoint_hash(agent.checkpoint)


def spec_of(agent: Agent) -> EngineSpec:
    return EngineSpec(
        engine=agent.engine,  # type: ignore[arg-type]
        checkpoint=agent.checkpoint,
        variant=agent.variant,  # type: ignore[arg-type]
        decoding=tuple(sorted(agent.decoding.items())),
        device=settings.MODEL_DEVICE,
        base_url=agent.base_url,
        api_key_env=agent.api_key_env,
    )
