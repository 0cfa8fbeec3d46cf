"""Group commit: one writer per process gathers what waits, across all conversations, and commits it together.

An empty queue commits at once, a full one in large batches: nobody waits for a fixed delay. Acknowledgements and
deliveries follow the commit. A lost database is waited for; meanwhile pages say "sending".
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from chat.batch import Committed, commit
from chat.eager import begin
from chat.events import UtterancePosted, encode, iso
from chat.line import Line
from chat.memory import Memory
from chat.publish import broadcast, items_of
from chat.registry import Item, Socket, registry
from chat.rows import PREPARED
from chat.rules import Action, Answer, Posted, Say, Told
from chat.unread import Unread, commit_unread
from esc.errors import Refusal

log = logging.getLogger(__name__)

MOST_WAITING = 5_000  # actions; past it a page is asked to try again
LARGEST_BATCH = 64  # while the database writes a larger one, the sockets would wait for it with nothing to do
FEW = 16  # actions; so many are answered in less time than it takes to wake a thread
LONGEST_PAUSE = 2.0  # seconds between two tries to reach the database

GONE = (OperationalError, InterfaceError)


class Waiting(NamedTuple):
    action: Action
    socket: Socket


class Writer:
    """The queue of one process. It is emptied over a line to the database; where rows have to be read, in a thread."""

    def __init__(self) -> None:
        self._queue: deque[Waiting] = deque()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._task: asyncio.Task[None] | None = None
        self._line = Line(PREPARED)
        self.memory = Memory()

    def put(self, action: Action, socket: Socket) -> None:
        """Have it committed; the socket gets the answer. Refuses (`busy`) past the bound."""
        if len(self._queue) >= MOST_WAITING:
            raise Refusal("busy", "Too many messages are on their way right now. Yours is kept and tried again.")
        self._queue.append(Waiting(action, socket))
        if isinstance(action, Say):
            socket.said.add(action.client_id)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._empty())

    async def settled(self) -> None:
        """Everything that was put before is committed and answered."""
        if self._task is not None and not self._task.done():
            await asyncio.wait([self._task])

    def close(self) -> None:
        """Give both database connections back."""
        self._line.close()
        self._thread.submit(lambda: connection.close()).result()  # the thread's own, not the caller's

    async def _empty(self) -> None:
        """Batch after batch. While one is being committed, the one before it is answered."""
        answer: Callable[[], None] | None = None
        while self._queue or answer:
            batch = [self._queue.popleft() for _ in range(min(LARGEST_BATCH, len(self._queue)))]
            at_once = len(batch) < FEW
            if answer and at_once:
                answer()
            under_way = begin(self.commit([waiting.action for waiting in batch])) if batch else None
            if answer and not at_once:
                answer()
            answer = partial(_answer, batch, await under_way) if under_way else None

    async def commit(self, actions: list[Action]) -> Committed:
        """Whatever happens, each gets an answer: what is remembered goes unread, the rest is locked and read."""
        again = False
        try:
            unread = await commit_unread(actions, self.memory, self._line)
        except Exception as error:
            log.warning("%s messages could not be written unread (%r).", len(actions), error)
            unread, again = Unread([None] * len(actions), []), True
        rest = [action for action, answer in zip(actions, unread.answers, strict=True) if answer is None]
        read = await self._read(rest, again) if rest else Committed([], [])
        others = iter(read.answers)
        answers = [next(others) if answer is None else answer for answer in unread.answers]
        return Committed(answers, unread.told + read.told)

    async def _read(self, actions: list[Action], again: bool) -> Committed:
        """A batch that fails is tried again in parts, so that one action alone fails alone."""
        try:
            return await self._until_there(actions, again)
        except Exception:
            log.exception("A batch of %s failed; each of its actions is tried alone.", len(actions))
            return await self._one_by_one(actions, again)

    async def _until_there(self, actions: list[Action], again: bool) -> Committed:
        """While the database is gone, try on: nobody may be told what nobody knows."""
        loop, pause = asyncio.get_running_loop(), 0.1
        while True:
            try:
                return await loop.run_in_executor(self._thread, _in_thread, actions, self.memory, again)
            except GONE as error:
                log.warning("The database is gone (%r). %s messages wait for it.", error, len(actions))
                await asyncio.sleep(pause)
                pause, again = min(LONGEST_PAUSE, pause * 2), True

    async def _one_by_one(self, actions: list[Action], again: bool) -> Committed:
        answers: list[Answer] = []
        told: list[Told] = []
        for action in actions:
            try:
                committed = await self._until_there([action], again)
                answers += committed.answers
                told += committed.told
            except Exception:
                log.exception("An action failed by itself.")
                answers.append(Refusal("failed", "Something went wrong on our side. Please try again."))
        return Committed(answers, told)


def _in_thread(actions: list[Action], memory: Memory, again: bool) -> Committed:
    try:
        return commit(actions, memory, again=again)
    except GONE:
        connection.close()
        raise


def _answer(batch: list[Waiting], committed: Committed) -> None:
    """Answer and deliver. A fault in here loses nothing: the pages come back, and ask again for what they lack."""
    try:
        _tell(batch, committed)
    except Exception:
        log.exception("A batch of %s is committed, but could not be answered.", len(batch))
        for waiting in batch:
            waiting.socket.let_go()


def _tell(batch: list[Waiting], committed: Committed) -> None:
    """Answer and deliver, in the order of positions: in this process at once, to all others in one publication."""
    of = {
        id(waiting.action): (waiting.socket, answer) for waiting, answer in zip(batch, committed.answers, strict=True)
    }
    new = {id(told.action) for told in committed.told if isinstance(told.event, UtterancePosted)}
    for waiting, answer in zip(batch, committed.answers, strict=True):
        if id(waiting.action) not in new:  # refused, posted before, or a rating
            _reply(waiting.socket, waiting.action, answer)
    elsewhere: list[Item] = []
    for event, action in committed.told:
        items, has_it = items_of(action.conversation_id, event), None
        if isinstance(event, UtterancePosted):
            has_it, answer = of[id(action)]
            _reply(has_it, action, answer)
        registry.deliver(items, skip=has_it)
        elsewhere += items
    broadcast(elsewhere)


def _reply(socket: Socket, action: Action, answer: Answer) -> None:
    """The answer for the tab that acted. (A rating is answered by `feedback_saved`, which goes to all tabs.)"""
    if isinstance(action, Say):
        position = answer.position if isinstance(answer, Posted) else 0
        socket.answer(action.client_id, position, _frame(answer, action.client_id))
    elif isinstance(answer, Refusal):
        socket.deliver(_frame(answer, None))


def _frame(answer: Answer, client_id: UUID | None) -> str:
    if isinstance(answer, Posted):
        ack = {"type": "ack", "client_id": client_id, "position": answer.position, "sent_at": iso(answer.sent_at)}
        return encode(ack)
    if isinstance(answer, Refusal):
        return encode(answer.as_frame(client_id=str(client_id) if client_id else None))
    raise TypeError(f"no frame answers a tab with {answer!r}")


writer = Writer()
