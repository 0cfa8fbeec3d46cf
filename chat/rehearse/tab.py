"""An open page of a conversation without a screen: what conversation.js, socket.js and outbox.js do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from random import Random
from time import monotonic
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from chat.rehearse.figures import Times
from chat.rehearse.outbox import Frame, Outbox
from chat.rehearse.verdict import Hearing, Log, Row, Seen
from esc.ontology import Role

FORBIDDEN, ABNORMAL = 4403, 1006
NOTHING_TO_RATE = {"not_due", "bad_feedback"}
SHORTEST, LONGEST = 0.5, 10.0  # seconds between two tries to connect, growing
ANSWER_WITHIN = 15.0  # seconds; after that a message is sent again
BUSY_AGAIN = 1.0  # seconds until a message that was refused as busy is sent again
GONE = (OSError, WebSocketException, TimeoutError, EOFError)

Address = Callable[
    [], tuple[str, str]
]  # where the next connection goes: the server's ws:// base, and the page's origin


class Tab:
    """One page: it connects, comes back, rates what is due, sends what waits, and notes all of it in the log."""

    def __init__(
        self,
        *,
        path: str,
        address: Address,
        cookie: str,
        role: Role,
        log: Log,
        times: Times,
        changed: asyncio.Condition,  # told whenever something happened here
        rng: Random,
        number: int = 0,  # of its person's tabs; the first one rates
        slow: float = 0.0,  # seconds at most by which every frame is late
    ) -> None:
        self.path, self.address, self.cookie, self.role = path, address, cookie, role
        self.log, self.times, self.rng, self.slow = log, times, rng, slow
        self.rates = role is Role.SEEKER and number == 0
        self.outbox = Outbox(role, log, monotonic, number)
        self.changed = changed
        self.answered_at = 0.0  # seconds; when it was last told that a message of its own stands
        self.codes: list[int] = []  # with which its connections were closed
        self.ended: Frame | None = None
        self.partner_present = False
        self.is_forbidden = False
        self.welcomed_at = 0.0  # seconds; when the connection that stands was welcomed, 0 while there is none
        self._ws: ClientConnection | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._tries = 0
        self._due: int | None = None  # the position that a rating is due for
        self._has_rated = False  # a rating was sent and has no answer yet
        self._load()

    def _load(self) -> None:
        self.seen = Seen(self.role)
        self.log.pages.append(self.seen)
        self._known: set[int] = set()

    # --- the connection -----------------------------------------------------------------------------------------------

    def open(self) -> None:
        self.task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """The page is closed in the middle: its person is told nothing any more."""
        self.seen.is_open = False
        await self.stop()

    async def stop(self) -> None:
        """The page has done its part; it knows all that it was to know."""
        self._stop_timer()
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self._down()

    async def reload(self) -> None:
        """The page starts anew; what waits in the outbox is kept."""
        await self.close()
        self._load()
        self._tries = 0
        self.open()

    def cut(self) -> None:
        """The connection is gone, in the middle of whatever it was doing."""
        if self._ws is not None:
            self._ws.transport.abort()

    @property
    def after(self) -> int:
        """The last position up to which nothing is missing."""
        position = 0
        while position + 1 in self._known:
            position += 1
        return position

    async def _run(self) -> None:
        while self.ended is None and not self.is_forbidden:
            base, origin = self.address()
            try:
                async with connect(
                    f"{base}{self.path}?after={self.after}",
                    origin=origin,  # type: ignore[arg-type]
                    additional_headers={"Cookie": self.cookie},
                    ping_interval=None,  # a browser's page sends none
                    open_timeout=20,
                    close_timeout=1,
                    max_size=None,
                ) as ws:
                    await self._listen(ws)
            except GONE:
                pass
            finally:
                await self._down()
            if self.ended is None and not self.is_forbidden:
                longest = min(LONGEST, SHORTEST * 2**self._tries)
                self._tries += 1
                await asyncio.sleep(longest * (0.5 + self.rng.random() / 2))

    async def _listen(self, ws: ClientConnection) -> None:
        self._ws = ws
        self.seen.hearings.append(Hearing(self.after))
        try:
            while self.ended is None:
                text = await ws.recv()
                if self.slow:
                    await asyncio.sleep(self.rng.uniform(0, self.slow))
                await self._take(json.loads(text))
        except ConnectionClosed:
            self.codes.append(ws.close_code or ABNORMAL)
            self.is_forbidden = ws.close_code == FORBIDDEN

    async def _down(self) -> None:
        self._ws, self.welcomed_at = None, 0.0
        await self._tell()

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    # --- what comes ---------------------------------------------------------------------------------------------------

    async def _take(self, frame: dict[str, Any]) -> None:
        self._tries = 0
        match frame["type"]:
            case "welcome":
                await self._welcome(frame)
            case "utterance":
                self._show(frame)
            case "ack":
                self._acknowledged(frame)
                await self._flush()
            case "feedback_due":
                await self._rate(frame["through"])
            case "feedback_saved":
                self._due, self._has_rated = None, False
                self.outbox.release()
                await self._flush()
            case "presence":
                self.partner_present = frame["present"]
            case "refused" if "client_id" in frame:
                self._refused(frame)
            case "refused":
                self._has_rated = False
                if frame["code"] in NOTHING_TO_RATE:
                    self._due = None
                    self.outbox.release()
                    await self._flush()
            case "ended":
                self.ended = frame
                self.outbox.give_up()
        await self._tell()

    async def _welcome(self, frame: dict[str, Any]) -> None:
        self.welcomed_at = monotonic()
        self.partner_present = frame["partner_present"]
        for utterance in frame["utterances"]:
            self._show(utterance)
        self._due, self._has_rated = None, False
        if (due := frame.get("feedback_due")) is not None:
            await self._rate(due)
        await self._flush(again=True)

    def _show(self, frame: dict[str, Any]) -> None:
        position, client_id = frame["position"], frame["client_id"]
        self.seen.hearings[-1].positions.append(position)
        sent = self.log.sent.get(client_id)
        if sent is not None and sent.author is self.role:
            sent.acked.add(position)
        elif sent is not None and position not in self._known:
            self.times.delivery.append(monotonic() - sent.at)
        self._known.add(position)
        self.outbox.answered(client_id)

    def _acknowledged(self, frame: dict[str, Any]) -> None:
        sent, position = self.log.sent[frame["client_id"]], frame["position"]
        self.answered_at = monotonic()
        sent.acked.add(position)
        self.seen.acked.add(position)
        self._known.add(position)
        if self.outbox.answered(sent.client_id):
            self.times.ack.append(monotonic() - sent.at)

    def _refused(self, frame: dict[str, Any]) -> None:
        if self.outbox.refused(frame["client_id"], frame["code"]):
            self._start_timer(BUSY_AGAIN)

    # --- what goes ----------------------------------------------------------------------------------------------------

    @property
    def must_rate(self) -> bool:
        return self._due is not None

    async def say(self, text: str, strategy: str | None) -> None:
        """The message waits in the outbox and goes as soon as it can."""
        self.outbox.add(text, strategy)
        await self._flush()

    async def end(self) -> None:
        await self._send({"type": "end"})

    async def _rate(self, through: int) -> None:
        self._due = through
        if self.rates and not self._has_rated:
            self._has_rated = True
            await self._send({"type": "feedback", "through": through, "score": self.rng.randint(1, 5)})

    async def _flush(self, *, again: bool = False) -> None:
        if not self.welcomed_at or (frame := self.outbox.next(again=again)) is None:
            return
        self._start_timer(ANSWER_WITHIN)
        await self._send(frame)

    async def _send(self, frame: Frame) -> None:
        if self._ws is None or not self.welcomed_at:
            return
        if self.slow:
            await asyncio.sleep(self.rng.uniform(0, self.slow))
        try:
            await self._ws.send(json.dumps(frame))
        except GONE:
            return  # it is sent again on the next connection

    def _start_timer(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._again)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _again(self) -> None:
        task = asyncio.create_task(self._flush(again=True))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)


async def read_rows(*, path: str, base: str, origin: str, cookie: str) -> list[Row]:
    """Everything that the server has of that conversation, as it tells a page that has nothing yet."""
    async with connect(
        f"{base}{path}?after=0",
        origin=origin,  # type: ignore[arg-type]
        additional_headers={"Cookie": cookie},
        open_timeout=20,
        max_size=None,
    ) as ws:
        frame = json.loads(await ws.recv())
    return [
        Row(utterance["position"], Role(utterance["role"]), utterance["client_id"], utterance["text"])
        for utterance in frame["utterances"]
    ]
