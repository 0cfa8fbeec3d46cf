"""From contexts to replies that may be said: what is refused is drawn again, and in the end we say something ourselves.

Nothing here knows Django or a database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from esc.ontology import Role
from esc.studies.schema import SafeReply
from modelserve.engines.base import Context, Engine, Failure, Reply
from modelserve.filtering import Limits, fault_of

DRAWS = 4  # the first, and three more


@dataclass(frozen=True)
class Task:
    """One reply to be made: what was said so far, what its study allows, and what to say where nothing else will do."""

    context: Context
    limits: Limits
    safe_replies: Sequence[SafeReply]

    @property
    def own(self) -> list[str]:
        return [heard.text for heard in self.context.utterances if heard.role is Role.SUPPORTER]


@dataclass(frozen=True)
class Drawn:
    """A reply that may be said, the seed it came of, and why the draws before it were refused."""

    reply: Reply
    seed: int
    refused: tuple[str, ...] = ()
    is_safe_reply: bool = False


def draw(engine: Engine, tasks: Sequence[Task]) -> list[Drawn | Failure]:
    """For each task, in order: a reply that passes the filter, or why there is none (then nothing may be said).

    All that is refused is drawn again in one batch, with other seeds, three times at most; then it is a safe reply.
    Whatever the engine raises concerns the whole batch and comes through.
    """
    done: dict[int, Drawn | Failure] = {}
    refused: dict[int, list[str]] = {place: [] for place in range(len(tasks))}
    last: dict[int, Reply] = {}
    spent = 0.0
    for number in range(DRAWS):
        places = [place for place in refused if place not in done]
        if not places:
            break
        contexts = [redrawn(tasks[place].context, number) for place in places]
        made = engine.reply(contexts)
        spent += max(one.seconds for one in made)
        for place, context, one in zip(places, contexts, made, strict=True):
            if isinstance(one, Failure):
                done[place] = one
                continue
            last[place] = replace(one, seconds=spent)
            fault = fault_of(one.strategy, one.text, tasks[place].own, tasks[place].limits)
            if fault is None:
                done[place] = Drawn(last[place], context.seed, tuple(refused[place]))
            else:
                refused[place].append(fault)
    for place, reply in last.items():
        if place not in done:
            done[place] = _safe(tasks[place], reply, tuple(refused[place]))
    return [done[place] for place in range(len(tasks))]


def redrawn(context: Context, number: int) -> Context:
    """The context with the seed of its draw of that number; the first draw's is its own."""
    if not number:
        return context
    digest = hashlib.sha256(f"{context.seed}/{number}".encode()).digest()
    return replace(context, seed=int.from_bytes(digest[:8]) >> 1)  # fits a signed 64-bit column


def _safe(task: Task, reply: Reply, refused: tuple[str, ...]) -> Drawn:
    """One of our own, not said in this conversation before where there is one left; the same for the same context."""
    said = task.own
    fresh = [safe for safe in task.safe_replies if safe.text not in said] or list(task.safe_replies)
    chosen = Random(task.context.seed).choice(fresh)  # noqa: S311 — a choice of words, no secret
    return Drawn(replace(reply, strategy=chosen.strategy, text=chosen.text), task.context.seed, refused, True)
