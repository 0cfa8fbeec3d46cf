"""People in pairs who never stop talking, and what is known of each page while the site breaks under them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any

from chat.rehearse.browser import Browser
from chat.rehearse.figures import Times
from chat.rehearse.script import made_up
from chat.rehearse.stage import Talk, sockets_of
from chat.rehearse.tab import GONE, Tab, read_rows
from chat.rehearse.verdict import Log, Verdict, judge_all
from esc.ontology import Role

PACE = 2.5  # seconds, on average, between two messages of one person
TYPED_AHEAD = 3  # messages that a person writes without waiting for an answer
PATIENCE = 45.0  # seconds until what everybody waits for has come
END_AGAIN = 3.0  # seconds; whoever wanted to end and is still there asks once more
PAGES_AT_ONCE = 8


@dataclass
class Voice:
    """One person: their page, and what they say on it."""

    tab: Tab
    place: Talk
    rng: Random
    door: str  # an address of the site that is never cut off
    said: int = 0

    @property
    def may_speak(self) -> bool:
        """Whether no rating is due, and not too much is on its way already."""
        return not self.tab.must_rate and len(self.tab.outbox.messages) < TYPED_AHEAD

    async def speak(self) -> None:
        """Say one more thing, unless something is in its way."""
        if not self.may_speak:
            return
        self.said += 1
        line = made_up(self.rng, 2)[list(Role).index(self.tab.role)]
        await self.tab.say(f"{line.text} [{self.said}]", line.strategy)

    async def keep_talking(self) -> None:
        while True:
            await asyncio.sleep(self.rng.expovariate(1 / PACE))
            await self.speak()

    async def end(self) -> None:
        """The conversation is over, and this page knows it."""
        while self.tab.ended is None:
            if self.tab.role is Role.SEEKER:
                await self.tab.end()
            try:
                await asyncio.wait_for(self.place.until(lambda: self.tab.ended is not None), END_AGAIN)
            except TimeoutError:
                continue

    async def read_rows(self) -> None:
        base, origin = sockets_of(self.door)
        while self.place.log.rows is None:
            try:
                rows = await read_rows(path=self.tab.path, base=base, origin=origin, cookie=self.tab.cookie)
            except GONE:
                await asyncio.sleep(0.5)
            else:
                self.place.log.rows = rows


class Crowd:
    """All of them. The seekers come in by `seekers_doors`; whoever is turned away at one door tries the next one."""

    def __init__(
        self, pairs: Sequence[dict[str, Any]], *, doors: Sequence[str], seekers_doors: Sequence[str], seed: int
    ) -> None:
        self.rng, self.times, self.stuck = Random(seed), Times(), list[str]()
        self.places = [Talk((), Log(pair["conversation"])) for pair in pairs]
        ways = {Role.SEEKER: seekers_doors, Role.SUPPORTER: doors}
        self.voices = [
            # Their numbers differ, so that the two of a pair begin at different processes.
            self._voice(pair, place, role, ways[role], doors, first=number + place_at)
            for number, (pair, place) in enumerate(zip(pairs, self.places, strict=True))
            for place_at, role in enumerate(Role)
        ]
        self._talking: list[asyncio.Task[None]] = []

    def _voice(
        self, pair: dict[str, Any], place: Talk, role: Role, ways: Sequence[str], doors: Sequence[str], first: int
    ) -> Voice:
        rng, tries = Random(self.rng.random()), count(first)
        tab = Tab(
            path=pair["ws"],
            address=lambda: sockets_of(ways[next(tries) % len(ways)]),
            cookie=pair[role.value]["cookie"],
            role=role,
            log=place.log,
            times=self.times,
            changed=place.changed,
            rng=rng,
        )
        return Voice(tab, place, rng, doors[first % len(doors)])

    async def enter(self) -> None:
        """Everybody is in the chat."""
        for voice in self.voices:
            voice.tab.open()
        await self._all("come in", lambda voice: voice.place.until(lambda: voice.tab.welcomed_at > 0))
        assert not self.stuck, self.stuck[:5]

    def talk(self) -> None:
        """From now on everybody talks."""
        self._talking = [asyncio.create_task(voice.keep_talking()) for voice in self.voices]

    async def until_back(self, since: float) -> float:
        """Everybody has an answer again, for something that arrived after that moment; how long the last one took."""

        async def back(voice: Voice) -> None:
            await voice.place.until(lambda: voice.may_speak or voice.tab.answered_at > since)
            await voice.speak()
            await voice.place.until(lambda: voice.tab.answered_at > since)

        await self._all("come back", back)
        return max(voice.tab.answered_at for voice in self.voices) - since

    async def hush(self) -> None:
        """Nobody says anything more, and everything that was said is answered and shown to both."""
        for task in self._talking:
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)

        async def settled(voice: Voice) -> None:
            both = [other.tab for other in self.voices if other.place is voice.place]
            await voice.place.until(lambda: not voice.tab.outbox.messages and len({tab.after for tab in both}) == 1)

        await self._all("have everything answered and shown", settled)

    async def go_home(self) -> Verdict:
        """Every conversation is ended and judged, and everybody has a next page."""
        await self._all("end", lambda voice: voice.end())
        await self._all("have the rows read", lambda voice: voice.read_rows())
        with ThreadPoolExecutor(PAGES_AT_ONCE) as threads:
            await self._all("get a next page", lambda voice: _next_page(voice, threads))
        for voice in self.voices:
            await voice.tab.stop()
        verdict = judge_all(place.log for place in self.places)
        verdict.stuck += self.stuck
        return verdict

    async def _all(self, what: str, wait: Callable[[Voice], Awaitable[None]]) -> None:
        """Everybody's turn comes within PATIENCE; whose does not is stuck."""

        async def patiently(voice: Voice) -> None:
            try:
                await asyncio.wait_for(wait(voice), PATIENCE)
            except TimeoutError:
                self.stuck.append(f"{voice.place.log.name}: the {voice.tab.role} could not {what}")

        async with asyncio.TaskGroup() as everybody:
            for voice in self.voices:
                everybody.create_task(patiently(voice))


async def _next_page(voice: Voice, threads: ThreadPoolExecutor) -> None:
    if voice.tab.ended is None:
        raise TimeoutError
    browser = Browser(voice.door, threads, cookie=voice.tab.cookie)
    page = await browser.get(str(voice.tab.ended["next"]))
    if page.status != 200 or page.text.form is None:
        raise TimeoutError
