"""Between processes: frames go out in order, one publication at a time, and what gathers meanwhile goes together."""

from __future__ import annotations

import asyncio

import pytest
from django.conf import settings as django_settings

from chat import publish
from chat.registry import Item


class Layer:
    """Takes a publication whenever it is let."""

    def __init__(self) -> None:
        self.published: list[list[int]] = []
        self.may_take = asyncio.Semaphore(0)

    async def group_send(self, group: str, message: dict[str, list[Item]]) -> None:
        await self.may_take.acquire()
        self.published.append([item.position for item in message["items"]])


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    layer = Layer()
    monkeypatch.setattr(django_settings, "EMBEDDED", False)
    monkeypatch.setattr(publish, "get_channel_layer", lambda: layer)
    return layer


def item(position: int) -> Item:
    return Item("at", position, {})


async def done() -> None:
    assert publish._publishing is not None
    await publish._publishing


async def test_what_gathers_while_one_is_under_way_goes_together_and_in_order(layer: Layer) -> None:
    publish.broadcast([item(1)])
    await asyncio.sleep(0)
    publish.broadcast([item(2), item(3)])
    publish.broadcast([item(4)])
    layer.may_take.release()
    layer.may_take.release()
    await done()
    assert layer.published == [[1], [2, 3, 4]]


async def test_a_publication_that_fails_holds_no_other_up(
    layer: Layer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def gone(group: str, message: object) -> None:
        raise ConnectionError("Redis is gone")

    with monkeypatch.context() as away:
        away.setattr(layer, "group_send", gone)
        publish.broadcast([item(1)])
        await done()
    publish.broadcast([item(2)])
    layer.may_take.release()
    await done()
    assert layer.published == [[2]]
    assert "got lost" in caplog.text


async def test_while_redis_is_gone_what_waits_for_it_is_bounded(
    layer: Layer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(publish, "MOST_UNPUBLISHED", 2)
    publish.broadcast([item(1)])
    await asyncio.sleep(0)
    publish.broadcast([item(2), item(3), item(4)])
    publish.broadcast([item(5)])
    layer.may_take.release()
    layer.may_take.release()
    await done()
    assert layer.published == [[1], [5]]
    assert "dropped" in caplog.text


async def test_to_nobody_nothing_is_published(layer: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "_others", True)
    layer.may_take.release()
    publish.suppose(others=False)
    publish.broadcast([item(1)])
    publish.suppose(others=True)
    publish.broadcast([item(2)])
    await done()
    assert layer.published == [[2]]
