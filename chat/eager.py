"""Begins a coroutine where it stands, and makes it a task only if it has to wait.

Nearly every frame is handed to an open connection without waiting. A task for each would cost more than the frame, and
a turn of the event loop on top. (Python 3.12 has this as `eager_task_factory`.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from types import coroutine as awaitable
from typing import Any, TypeVar

T = TypeVar("T")

_under_way: set[asyncio.Task[None]] = set()  # an event loop alone keeps its tasks only weakly


def at_once(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run it to its end, or to the first thing that it has to wait for; from there it goes on as a task."""
    try:
        waits_for = coroutine.send(None)
    except StopIteration:
        return
    task = asyncio.get_running_loop().create_task(_go_on(coroutine, waits_for))
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)


def begin(coroutine: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
    """The same for one that has a result."""
    result: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    at_once(_settle(result, coroutine))
    return result


async def _settle(result: asyncio.Future[T], coroutine: Coroutine[Any, Any, T]) -> None:
    try:
        value = await coroutine
    except Exception as error:
        if not result.cancelled():
            result.set_exception(error)
    else:
        if not result.cancelled():
            result.set_result(value)


@awaitable
def _go_on(coroutine: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """Hand what it waits for to the task, and what the task answers back to it, until it ends."""
    try:
        while True:
            try:
                answer = yield waits_for
            except BaseException as error:
                waits_for = coroutine.throw(error)
            else:
                waits_for = coroutine.send(answer)
    except StopIteration:
        return
