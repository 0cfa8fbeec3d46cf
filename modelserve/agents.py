"""From an agent of a protocol to whoever speaks for it: the script, or the model that the admin has under its name."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from django.utils import timezone

from esc.errors import FileRefusal
from esc.studies.schema import Agent as Seated
from esc.studies.schema import Protocol
from modelserve.engines.base import Engine
from modelserve.engines.scripted.engine import ScriptedEngine
from modelserve.models import Agent

START = "Start one with `make worker-model` (or `docker compose --profile gpu up`)"


@lru_cache
def script() -> Engine:
    """The scripted engine, made once a process."""
    return ScriptedEngine()


def check_agents(protocol: Protocol) -> None:
    """Every agent that an arm seats can speak in this study now. Raises FileRefusal naming the first that cannot."""
    for arm in protocol.arms:
        if arm.supporter != "person":
            seated = protocol.agent(arm.supporter)
            check_strategies(seated, _speaks(seated), protocol.strategy_names)


def check_strategies(seated: Seated, speaks: Collection[str], strategies: Collection[str]) -> None:
    """Raises FileRefusal where the study lacks a strategy that this agent uses."""
    if missing := sorted(set(speaks) - set(strategies)):
        raise FileRefusal(
            f"agents.{seated.name}.engine",
            f"this agent uses strategies that this study does not have: {', '.join(missing)}. "
            "Add them to [[strategies]], spelt like this, or take the agent and its arms out of the file.",
        )


def _speaks(seated: Seated) -> Collection[str]:
    return script().speaks if seated.engine == "scripted" else ready_agent(seated).speaks


def ready_agent(seated: Seated) -> Agent:
    """The model behind this agent, in the memory of a worker that is there. Raises FileRefusal with the remedy."""
    place, name = f"agents.{seated.name}.name", seated.name
    agent = Agent.objects.filter(name=name).first()
    if agent is None:
        known = ", ".join(Agent.objects.values_list("name", flat=True)) or "none yet"
        raise FileRefusal(place, f"the admin has no agent called {name!r}; it has: {known}. Add it there under Agents.")
    if not agent.is_served:
        raise FileRefusal(place, f"the agent {name!r} is not served. Tick “served” on its page in the admin.")
    health, now = agent.health.all(), timezone.now()
    if health.ready(now).exists():
        return agent
    failed = health.alive(now).exclude(error="").first()
    if failed is not None:
        raise FileRefusal(place, f"the worker {failed.worker} could not load the agent {name!r}: {failed.error}")
    raise FileRefusal(place, f"no worker that is running has the agent {name!r} in memory. {START}, and open again.")
