"""A scripted person: goes page by page where the study sends them, waits for a partner, talks, ends with a code."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from random import Random

from websockets.asyncio.client import connect

from chat.rehearse.browser import Browser, NoPage, Page
from chat.rehearse.forms import filled
from chat.rehearse.stage import Habits, Stage, Stuck, sockets_of
from chat.rehearse.tab import GONE
from chat.rehearse.talking import DroppedOut, Talker
from esc.ontology import Role

LEAVE_NOW = "/leave-now/"
OFTEN = 40  # times on one page; nobody needs as many, not even for all the questions of an examination
ASK_AGAIN = 10.0  # seconds; a lobby that says nothing for so long is asked where we are


class Person:
    """One person. `code` is their completion code in the end; `why` says why there is none."""

    def __init__(self, stage: Stage, browser: Browser, role: Role, link: str, habits: Habits, rng: Random) -> None:
        self.stage, self.browser, self.role, self.link = stage, browser, role, link
        self.habits, self.rng = habits, rng
        self.code = self.why = ""
        self.dropped_out = False

    @property
    def is_through(self) -> bool:
        return bool(self.code or self.why or self.dropped_out)

    async def play(self) -> None:
        """From the link to the completion code."""
        try:
            await self._walk(await self.browser.get(self.link))
        except DroppedOut:
            self.dropped_out = True
        except (Stuck, NoPage) as why:
            self.why = f"a {self.role}: {why}"

    async def _walk(self, page: Page) -> None:
        visits: Counter[str] = Counter()
        while not page.text.code:
            visits[page.path] += 1
            if visits[page.path] > OFTEN or page.status >= 400:
                raise Stuck(f"cannot get past {page.path} (status {page.status})")
            if "data-lobby" in page.text.data:
                page = await self._wait(page)
            elif "data-conversation" in page.text.data:
                page = await self._talk(page)
            else:
                page = await self._go_on(page)
        self.code = page.text.code

    async def _go_on(self, page: Page) -> Page:
        """Fill in the page's form, or take its way on."""
        form = page.text.form
        if form is None:
            if not page.text.links:
                raise Stuck(f"{page.path} has neither a form nor a way on")
            return await self.browser.get(page.text.links[0])
        fields = filled(form, self.rng, answers=self.stage.answers, presses=("finish", self.role.value))
        url = form.action or page.url
        return await self.browser.post(url, fields, otherwise=page.url)

    # --- the lobby ----------------------------------------------------------------------------------------------------

    async def _wait(self, page: Page) -> Page:
        lobby = page.text.data["data-lobby"]
        found = self._until_paired(lobby["data-socket"], lobby["data-here"])
        return await self.stage.patiently("for a partner", found)

    async def _until_paired(self, path: str, here: str) -> Page:
        base, origin = sockets_of(self.browser.base)
        headers = {"Cookie": self.browser.cookie}
        while True:
            try:
                async with connect(base + path, origin=origin, additional_headers=headers, ping_interval=None) as ws:  # type: ignore[arg-type]
                    while (frame := json.loads(await asyncio.wait_for(ws.recv(), ASK_AGAIN)))["type"] != "paired":
                        pass
                    return await self.browser.get(frame["next"])
            except GONE:
                if "data-lobby" not in (page := await self.browser.get(here)).text.data:
                    return page
                await asyncio.sleep(self.rng.uniform(0.2, 1))

    # --- the conversation ---------------------------------------------------------------------------------------------

    async def _talk(self, page: Page) -> Page:
        here = page.text.data["data-conversation"]
        talker = Talker(
            stage=self.stage,
            place=self.stage.talk(here["data-conversation"]),
            role=self.role,
            path=here["data-socket"],
            base=self.browser.base,
            cookie=self.browser.cookie,
            leave=lambda: self._leave(page),
            habits=self.habits,
            rng=self.rng,
        )
        return await self.browser.get(await talker.talk())

    async def _leave(self, page: Page) -> None:
        """Press "Leave now", which is on every page of the chat."""
        form = next((form for form in page.text.forms if form.action.endswith(LEAVE_NOW)), None)
        if form is None:
            raise Stuck(f"{page.path} has no way to leave now")
        await self.browser.post(form.action, list(form.fields.items()), otherwise=page.url)
