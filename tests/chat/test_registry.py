"""An open tab: every utterance once and in order, whatever is pushed, read, lost or slow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID, uuid4

from django.db import OperationalError
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.registry import MOST_WAITING, TRY_AGAIN_LATER, Item, Missed, Registry, Socket


class Tab:
    """A socket whose rows are a list; what reaches the page is in `seen`."""

    def __init__(self, rows: Callable[[], int] = lambda: 0) -> None:
        self.rows = rows
        self.seen: list[str] = []
        self.closed: list[int] = []
        self.reading = asyncio.Event()
        self.reading.set()
        self.reads = 0
        self.socket = Socket("at", send=self.send, close=self.close, reread=self.reread)

    async def send(self, text: str) -> None:
        await asyncio.sleep(0)
        self.seen.append(text)

    async def close(self, code: int) -> None:
        self.closed.append(code)

    async def reread(self, socket: Socket) -> Missed:
        self.reads += 1
        first, last = socket.seen + 1, self.rows()
        await self.reading.wait()
        return Missed(max(last, first - 1), [f"u{position}" for position in range(first, last + 1)])

    def show(self, *positions: int) -> None:
        for position in positions:
            self.socket.show(position, f"u{position}")

    async def quiet(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)


async def test_nothing_reaches_a_page_before_its_welcome() -> None:
    tab = Tab(rows=lambda: 3)
    tab.socket.deliver("presence")
    tab.show(3)
    await tab.quiet()
    assert tab.seen == []
    tab.socket.welcome(Missed(2, ["welcome"]))
    await tab.quiet()
    assert tab.seen == ["welcome", "presence", "u3"], "what came meanwhile is read from the rows"


async def test_utterances_are_shown_once_and_in_order() -> None:
    tab = Tab()
    tab.socket.welcome(Missed(0, []))
    tab.show(1, 2, 2, 1, 3)
    await tab.quiet()
    assert tab.seen == ["u1", "u2", "u3"]
    assert tab.reads == 0


async def test_a_missing_one_is_read_from_the_rows() -> None:
    tab = Tab(rows=lambda: 4)
    tab.socket.welcome(Missed(1, []))
    tab.show(4)
    await tab.quiet()
    assert tab.seen == ["u2", "u3", "u4"]


async def test_what_comes_while_the_rows_are_read_is_neither_lost_nor_doubled() -> None:
    newest = 3
    tab = Tab(rows=lambda: newest)
    tab.socket.welcome(Missed(0, []))
    tab.reading.clear()
    tab.show(3)
    await tab.quiet()
    newest = 5
    tab.show(4, 5)
    tab.socket.deliver("ended")
    tab.reading.set()
    await tab.quiet()
    assert tab.seen == ["u1", "u2", "u3", "u4", "u5", "ended"]


async def test_what_a_tab_said_itself_is_answered_and_kept_for_whoever_reads_its_rows() -> None:
    tab, said = Tab(rows=lambda: 2), uuid4()
    tab.socket.welcome(Missed(0, []))
    tab.reading.clear()
    tab.socket.said.add(said)
    tab.show(2)
    await tab.quiet()
    tab.socket.answer(said, 1, "ack")
    assert said in tab.socket.said, "its row may be among those that are being read"
    tab.reading.set()
    await tab.quiet()
    assert tab.socket.said == set()
    tab.socket.said.add(said)
    tab.socket.answer(said, 3, "ack")
    assert tab.socket.said == set()


async def test_a_refusal_moves_no_position() -> None:
    tab, said = Tab(), uuid4()
    tab.socket.welcome(Missed(7, []))
    tab.socket.answer(said, 0, "refused")
    await tab.quiet()
    assert (tab.seen, tab.socket.seen) == (["refused"], 7)


async def test_a_tab_whose_rows_cannot_be_read_is_let_go_and_not_left_deaf() -> None:
    def gone() -> int:
        raise OperationalError("the database is gone")

    tab = Tab(rows=gone)
    tab.socket.welcome(Missed(0, []))
    tab.show(2)
    await tab.quiet()
    assert tab.closed == [TRY_AGAIN_LATER]
    tab.show(3)
    tab.socket.deliver("presence")
    await tab.quiet()
    assert (tab.seen, tab.closed) == ([], [TRY_AGAIN_LATER]), "after its goodbye it is told nothing"


async def test_a_tab_that_is_gone_already_needs_no_goodbye() -> None:
    tab = Tab()

    async def fails(_: object) -> None:
        raise OSError("the reader is gone")

    socket = Socket("at", send=fails, close=fails, reread=tab.reread)
    socket.welcome(Missed(0, ["welcome"]))
    await tab.quiet()
    socket.deliver("presence")
    await tab.quiet()


async def test_a_reader_that_takes_nothing_is_let_go() -> None:
    tab = Tab()
    stuck = asyncio.Event()

    async def never(text: str) -> None:
        await stuck.wait()

    tab.socket = Socket("at", send=never, close=tab.close, reread=tab.reread)
    tab.socket.welcome(Missed(0, []))
    for _ in range(MOST_WAITING + 2):
        tab.socket.deliver("typing")
    await tab.quiet()
    assert tab.closed[0] == TRY_AGAIN_LATER
    stuck.set()


async def test_one_that_went_away_harms_nobody_else() -> None:
    async def gone(text: str) -> None:
        raise ConnectionResetError

    registry, tab = Registry(), Tab()
    away = Socket("at", send=gone, close=tab.close, reread=tab.reread)
    for socket in (away, tab.socket):
        socket.welcome(Missed(0, []))
        registry.add(socket)
    registry.deliver([Item("at", 1, {"n": 1}), Item("elsewhere", 1, {"n": 2}), Item("at", 0, {"n": 3})])
    await tab.quiet()
    assert tab.seen == ['{"n":1}', '{"n":3}']
    registry.discard(away)
    registry.discard(tab.socket)
    assert registry.sockets() == []


@settings(deadline=None, max_examples=60)
@given(pushes=st.lists(st.integers(1, 8), max_size=30), own=st.sets(st.integers(1, 8)))
def test_whatever_is_pushed_a_page_shows_each_position_once_in_order(pushes: list[int], own: set[int]) -> None:
    async def run() -> list[str]:
        committed = 0
        tab = Tab(rows=lambda: committed)
        said = {position: UUID(int=position) for position in own}

        async def reread(socket: Socket) -> Missed:
            first, last = socket.seen + 1, committed
            await asyncio.sleep(0)
            return Missed(
                max(last, first - 1),
                [f"u{p}" for p in range(first, last + 1) if said.get(p) not in socket.said],
            )

        tab.socket = Socket("at", send=tab.send, close=tab.close, reread=reread)
        tab.socket.said.update(said.values())
        tab.socket.welcome(Missed(0, []))
        answered: set[int] = set()
        for position in pushes:
            committed = max(committed, position)
            if position in own and position not in answered:
                answered.add(position)
                tab.socket.answer(said[position], position, f"a{position}")
            elif position not in own:
                tab.show(position)
            await asyncio.sleep(0)
        await tab.quiet()
        return [text for text in tab.seen if text.startswith("u")]

    shown = [int(text[1:]) for text in asyncio.run(run())]
    assert shown == sorted(set(shown))
    assert not own & set(shown)
    newest = max(pushes, default=0)
    assert set(shown) == set(range(1, newest + 1)) - own
