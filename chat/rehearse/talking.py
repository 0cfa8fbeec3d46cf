"""One scripted person in one conversation: says their lines, comes to an end, and has its rows read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from chat.rehearse.script import Line
from chat.rehearse.stage import Habits, Stage, Stuck, Talk, sockets_of
from chat.rehearse.tab import GONE, Tab, read_rows
from esc.ontology import Role

LATE = 0.3  # seconds at most that each frame takes on a slow network, one after the other
TYPED_AHEAD = 3  # messages that a person writes without waiting for an answer
END_AGAIN = 15.0  # seconds; whoever wanted to end and is still there asks once more


class DroppedOut(Exception):
    """A person who leaves without a word, as planned."""


@dataclass
class Talker:
    stage: Stage
    place: Talk
    role: Role
    path: str
    base: str
    cookie: str
    leave: Callable[[], Awaitable[object]]  # presses "Leave now" on the page
    habits: Habits
    rng: Random
    tabs: list[Tab] = field(default_factory=list)

    async def talk(self) -> str:
        """The address of the next page. Raises DroppedOut as planned, and Stuck otherwise."""
        self.tabs = [self._tab(number) for number in range(2 if self.habits.two_tabs else 1)]
        for tab in self.tabs:
            tab.open()
        try:
            await self._say_everything()
            await self.stage.patiently("for the end", self._come_to_an_end())
            await self.stage.patiently("for the rows", self._read_rows())
        finally:
            for tab in self.tabs:
                await tab.stop()
        return self.next

    @property
    def first(self) -> Tab:
        return self.tabs[0]

    @property
    def next(self) -> str:
        return str(self.first.ended["next"]) if self.first.ended else ""

    def _tab(self, number: int) -> Tab:
        return Tab(
            path=self.path,
            address=lambda: sockets_of(self.base),
            cookie=self.cookie,
            role=self.role,
            log=self.place.log,
            times=self.stage.times,
            changed=self.place.changed,
            rng=self.rng,
            number=number,
            slow=LATE if self.habits.is_slow else 0.0,
        )

    @property
    def is_over(self) -> bool:
        return self.first.ended is not None or self.first.is_forbidden

    # --- the lines ----------------------------------------------------------------------------------------------------

    async def _say_everything(self) -> None:
        mine = [line for line in self.place.script if line.role is self.role]
        reload_before = self.rng.randrange(len(mine)) if self.habits.reloads and mine else None
        for number, line in enumerate(mine):
            if self.place.drop_out == (self.role, number):
                await self._drop_out()
            if number == reload_before:
                await self.first.reload()
            if line.turn is None:
                await asyncio.sleep(self.rng.expovariate(1 / self.stage.pace))
            tab = self.rng.choice(self.tabs)
            try:
                await self.stage.patiently("to speak", self.place.until(self._may_speak(tab, line)))
            except Stuck as why:
                raise Stuck(f"{why}: line {number + 1}, {self._state(tab)}") from None
            if self.is_over or self.place.log.gone:
                return
            await tab.say(line.text, line.strategy)

    def _may_speak(self, tab: Tab, line: Line) -> Callable[[], bool]:
        turn = line.turn or 0

        def may_speak() -> bool:
            if self.is_over or self.place.log.gone:
                return True
            free = not tab.must_rate and len(tab.outbox.messages) < TYPED_AHEAD
            return free and self.first.after >= turn and (not turn or tab.after >= turn)

        return may_speak

    def _state(self, tab: Tab) -> str:
        """Where a person stands who cannot go on."""
        connection = "connected" if tab.welcomed_at else "not connected"
        rating = ", a rating is due" if tab.must_rate else ""
        refused = {sent.refused for sent in self.place.log.sent.values() if sent.refused}
        refusals = f", refused: {', '.join(sorted(refused))}" if refused else ""
        return (
            f"{connection}, {len(tab.outbox.messages)} on their way, shown up to {self.first.after}{rating}{refusals}"
        )

    async def _drop_out(self) -> None:
        self.place.log.gone.add(self.role)
        for tab in self.tabs:
            await tab.close()
        raise DroppedOut

    # --- the end ------------------------------------------------------------------------------------------------------

    async def _come_to_an_end(self) -> None:
        await self.place.until(lambda: self.is_over or not any(tab.outbox.messages for tab in self.tabs))
        self.place.done.add(self.role)
        await self.place.tell()
        await self.place.until(lambda: self.is_over or self._partner_is_through)
        while not self.is_over:
            if self.role is Role.SEEKER:
                await self.first.end()
            elif self.place.log.gone:  # a supporter only proposes the end, and nobody is there to answer
                await self.leave()
            try:
                await asyncio.wait_for(self.place.until(lambda: self.is_over), END_AGAIN)
            except TimeoutError:
                continue
        if self.first.is_forbidden:
            raise Stuck("was turned away from the chat")
        await self.place.until(lambda: all(tab.ended is not None for tab in self.tabs))

    @property
    def _partner_is_through(self) -> bool:
        return self.role.other in self.place.done | self.place.log.gone

    async def _read_rows(self) -> None:
        """Whoever comes to the end first asks what the server has."""
        while self.place.log.rows is None:
            base, origin = sockets_of(self.base)
            try:
                rows = await read_rows(path=self.path, base=base, origin=origin, cookie=self.cookie)
            except GONE:
                await asyncio.sleep(1)
            else:
                self.place.log.rows = rows
