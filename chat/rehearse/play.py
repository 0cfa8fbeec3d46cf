"""A whole rehearsal: so many pairs of scripted people, from their links to their completion codes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random

from chat.rehearse.browser import Browser
from chat.rehearse.figures import table
from chat.rehearse.person import Person
from chat.rehearse.stage import Habits, Stage
from chat.rehearse.verdict import Verdict, judge_all
from esc.ontology import Role

AT_ONCE = 16  # pages that are asked for at the same time
ARRIVALS = 0.05  # seconds between two arrivals, on average
REPORT = 10.0  # seconds between two lines about how far everybody is


@dataclass(frozen=True)
class Crowd:
    """Who comes: so many pairs to these addresses in turn, each role by its link; shares are per cent of the people."""

    pairs: int
    urls: tuple[str, ...]
    links: dict[Role, str]
    double_tabs: float = 0.0
    slow: float = 0.0
    reloads: float = 0.0


@dataclass(frozen=True)
class Result:
    """How it went, and the table that says so."""

    verdict: Verdict
    table: str


async def play(stage: Stage, crowd: Crowd, say: Callable[[str], None]) -> Result:
    """Everybody has ended with a code, or it is known why not. `say` is told how far they are."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="browser") as threads:
        people = [_person(stage, crowd, threads, number) for number in range(2 * crowd.pairs)]
        reporting = asyncio.create_task(_report(people, say))
        async with asyncio.TaskGroup() as going:
            for person in people:
                going.create_task(person.play())
                await asyncio.sleep(stage.rng.expovariate(1 / ARRIVALS))
        reporting.cancel()
    return _result(stage, people)


def _person(stage: Stage, crowd: Crowd, threads: ThreadPoolExecutor, number: int) -> Person:
    rng = Random(stage.rng.random())  # noqa: S311 - a rehearsal can be played again
    role = list(Role)[number % 2]
    browser = Browser(crowd.urls[number % len(crowd.urls)], threads)
    habits = Habits(
        two_tabs=rng.uniform(0, 100) < crowd.double_tabs,
        is_slow=rng.uniform(0, 100) < crowd.slow,
        reloads=rng.uniform(0, 100) < crowd.reloads,
    )
    return Person(stage, browser, role, crowd.links[role], habits, rng)


async def _report(people: Iterable[Person], say: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(REPORT)
        through = sum(bool(person.code) for person in people)
        say(f"{through} have their code, {sum(not person.is_through for person in people)} are on their way.")


def _result(stage: Stage, people: list[Person]) -> Result:
    logs = [talk.log for talk in stage.talks.values()]
    verdict = judge_all(logs)
    verdict.stuck += [person.why for person in people if person.why]
    return Result(
        verdict,
        table(
            people=len(people),
            finished=sum(bool(person.code) for person in people),
            dropped=sum(person.dropped_out for person in people),
            messages=sum(len(log.rows or ()) for log in logs),
            verdict=verdict,
            times=stage.times,
        ),
    )
