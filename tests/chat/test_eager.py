"""A coroutine that is begun where it stands."""

from __future__ import annotations

import asyncio

from chat.eager import at_once


async def test_what_need_not_wait_is_done_at_once() -> None:
    done: list[str] = []

    async def quick() -> None:
        done.append("done")

    at_once(quick())
    assert done == ["done"]


async def test_what_has_to_wait_goes_on_as_a_task() -> None:
    opened, done = asyncio.Event(), asyncio.Event()
    order: list[str] = []

    async def slow() -> None:
        order.append("begun")
        await opened.wait()
        await asyncio.sleep(0)
        order.append("ended")
        done.set()

    at_once(slow())
    order.append("meanwhile")
    opened.set()
    async with asyncio.timeout(5):
        await done.wait()
    assert order == ["begun", "meanwhile", "ended"]


async def test_it_can_be_cancelled_where_it_waits() -> None:
    stopped = asyncio.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    before = asyncio.all_tasks()
    at_once(endless())
    (task,) = asyncio.all_tasks() - before
    await asyncio.sleep(0)
    task.cancel()
    async with asyncio.timeout(5):
        await stopped.wait()
