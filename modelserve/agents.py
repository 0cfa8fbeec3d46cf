"""From an agent of a protocol to the engine behind it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache

from esc.errors import FileRefusal
from esc.studies.schema import Agent, Protocol
from modelserve.engines.base import Engine
from modelserve.engines.scripted.engine import ScriptedEngine

ENGINES: Mapping[str, Callable[[], Engine]] = {"scripted": ScriptedEngine}


def engine_of(agent: Agent, strategies: Collection[str]) -> Engine:
    """The engine of this agent, made once a process. Raises FileRefusal where the study lacks a strategy it uses."""
    engine = _made(agent.engine)
    if missing := sorted(engine.speaks - set(strategies)):
        raise FileRefusal(
            f"agents.{agent.name}.engine",
            f"the engine {agent.engine!r} uses strategies that this study does not have: {', '.join(missing)}. "
            "Add them to [[strategies]], spelt like this, or take the agent and its arms out of the file.",
        )
    return engine


def check_agents(protocol: Protocol) -> None:
    """Every agent that an arm seats can speak in this study. Raises FileRefusal naming the first that cannot."""
    for arm in protocol.arms:
        if arm.supporter != "person":
            engine_of(protocol.agent(arm.supporter), protocol.strategy_names)


@lru_cache
def _made(engine: str) -> Engine:
    return ENGINES[engine]()
