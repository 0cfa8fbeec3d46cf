"""The open sockets of this process, by address, and how frames reach them.

A socket has an outbox of its own, so that one slow reader never holds up anyone else. Utterances reach it once and in
the order of their positions: where one is missing, the socket reads the rows.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from chat.eager import at_once
from chat.events import Frame, encode

log = logging.getLogger(__name__)

MOST_WAITING = 1_000  # frames; a reader that is so far behind is let go, comes back and reads the rows
TRY_AGAIN_LATER = 1013
CATCH_UP: Final = None  # stands in an outbox for "read the rows here"

Send = Callable[[str], Awaitable[None]]
Close = Callable[[int], Awaitable[None]]


class Missed(NamedTuple):
    """What a socket did not have: the newest committed position, and the frames up to it."""

    position: int
    frames: Sequence[str]


Reread = Callable[["Socket"], Awaitable[Missed]]


class Item(NamedTuple):
    """A frame on its way to whoever is at that address. `position` is 0 for everything but an utterance."""

    address: str
    position: int
    frame: Frame


class Socket:
    """One open tab. `seen` is the last position that it has been handed. Nothing reaches it before its welcome."""

    __slots__ = (
        "_answered",
        "_behind",
        "_close",
        "_is_busy",
        "_is_let_go",
        "_outbox",
        "_reread",
        "_rested_at",
        "_send",
        "_wanted",
        "_welcomed",
        "address",
        "said",
        "seen",
    )

    def __init__(self, address: str, *, send: Send, close: Close, reread: Reread) -> None:
        self.address = address
        self.seen = 0
        # What this tab said and the rows may hold after `seen`: it gets an acknowledgement, and is never shown it.
        self.said: set[UUID] = set()
        self._answered: list[UUID] = []  # those of them that were answered while this socket was behind
        self._send = send
        self._close = close
        self._reread = reread
        self._outbox: deque[str | None] = deque()
        self._is_busy = False  # somebody is emptying the outbox
        self._behind = True
        self._wanted = 0  # the newest position that came while this socket was behind
        self._welcomed = False
        self._is_let_go = False
        self._rested_at = 0  # `seen` when it was asked last whether it rests

    def welcome(self, missed: Missed) -> None:
        """Hand over the first frames, and after them whatever came since the rows were read for them."""
        self.seen = missed.position
        self._behind = False
        came_meanwhile, self._outbox = self._outbox, deque(missed.frames)
        self._welcomed = True
        self._outbox.extend(came_meanwhile)
        if self._wanted > self.seen:
            self.catch_up()
        self._start()

    def deliver(self, text: str) -> None:
        """Hand over a frame that has no position."""
        self._put(text)

    def answer(self, client_id: UUID, position: int, text: str) -> None:
        """Hand over the answer to what this tab said; `position` is 0 for a refusal."""
        self._put(text)
        if position and not self._advance(position) and self._behind:
            self._answered.append(client_id)
        else:
            self.said.discard(client_id)

    def show(self, position: int, text: str) -> None:
        """Hand over an utterance: once, and after all those before it."""
        if self._advance(position):
            self._put(text)

    def catch_up(self) -> None:
        """Read the rows after `seen`, at this place among the frames."""
        if not self._behind:
            self._behind = True
            self._put(CATCH_UP)

    def rests(self) -> bool:
        """Whether nothing has come since this was asked last. (What comes shows by its position what did not.)"""
        rested, self._rested_at = self._rested_at == self.seen, self.seen
        return rested

    def _advance(self, position: int) -> bool:
        """True where this is the very next position. A later one has the rows read; an earlier one is known."""
        if position == self.seen + 1 and not self._behind:
            self.seen = position
            return True
        if position > self.seen:
            self._wanted = max(self._wanted, position)
            self.catch_up()
        return False

    def _put(self, item: str | None) -> None:
        if len(self._outbox) >= MOST_WAITING:
            self.let_go()
        if self._is_let_go:
            return
        self._outbox.append(item)
        self._start()

    def _start(self) -> None:
        if not self._is_busy and self._welcomed and self._outbox:
            self._is_busy = True
            at_once(self._empty())

    def let_go(self) -> None:
        """This tab is told nothing more here: its page comes back and asks for what it does not have."""
        if not self._is_let_go:
            self._is_let_go = True
            self._outbox.clear()
            at_once(self._say_goodbye())

    async def _say_goodbye(self) -> None:
        try:
            await self._close(TRY_AGAIN_LATER)
        except Exception as error:
            log.info("A socket at %s was gone before it was closed: %r", self.address, error)

    async def _empty(self) -> None:
        try:
            while self._outbox:
                text = self._outbox.popleft()
                if text is None:
                    await self._read_rows()
                else:
                    await self._send(text)
        except Exception as error:
            # The reader went away in the middle, or the rows could not be read: with a gap nothing may be shown here.
            log.info("A socket at %s took no more frames: %r", self.address, error)
            self.let_go()
        finally:
            self._is_busy = False

    async def _read_rows(self) -> None:
        """Send what is missing, until nothing that was handed over meanwhile is missing any more."""
        while True:
            before = self.seen
            missed = await self._reread(self)
            for text in missed.frames:
                await self._send(text)
            self.seen = max(self.seen, missed.position)
            if self._wanted <= self.seen or self.seen == before:
                break
        self.said.difference_update(self._answered)
        self._answered.clear()
        self._behind = False


class Registry:
    """Who is connected to this process. All of it happens on one event loop, `home`."""

    def __init__(self) -> None:
        self.home: asyncio.AbstractEventLoop | None = None
        self._at: defaultdict[str, set[Socket]] = defaultdict(set)

    def add(self, socket: Socket) -> None:
        self.home = asyncio.get_running_loop()
        self._at[socket.address].add(socket)

    def discard(self, socket: Socket) -> None:
        sockets = self._at.get(socket.address, set())
        sockets.discard(socket)
        if not sockets:
            self._at.pop(socket.address, None)

    def sockets(self) -> list[Socket]:
        return [socket for sockets in self._at.values() for socket in sockets]

    def deliver(self, items: Iterable[Item], skip: Socket | None = None) -> None:
        """Hand each item to the sockets at its address, but not to the one that has its answer already."""
        for address, position, frame in items:
            text = ""  # written once, and only where somebody is there to read it
            for socket in self._at.get(address, ()):
                if socket is skip:
                    continue
                text = text or encode(frame)
                if position:
                    socket.show(position, text)
                else:
                    socket.deliver(text)


registry = Registry()
