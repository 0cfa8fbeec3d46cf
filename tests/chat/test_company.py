"""A process that is alone publishes nothing; as soon as there is another one, it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from redis.asyncio import Redis

from chat import company, publish
from chat.company import GONE_AFTER, PROCESSES, keep_company


@pytest.fixture(autouse=True)
def as_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "_others", True)
    monkeypatch.setattr(company, "BEAT", 0.01)


async def until(*, others: bool) -> None:
    async with asyncio.timeout(5):
        while publish._others is not others:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@pytest.fixture
async def redis() -> AsyncIterator[Redis]:
    async with Redis.from_url(django_settings.REDIS_URL) as client:
        await client.delete(PROCESSES)
        yield client
        await client.delete(PROCESSES)


@pytest.mark.skipif(django_settings.EMBEDDED, reason="needs REDIS_URL")
async def test_others_are_counted_while_they_are_there(redis: Redis) -> None:
    job = asyncio.create_task(keep_company())
    await until(others=False)
    now, _ = await redis.time()
    await redis.zadd(PROCESSES, {"another": now})
    await until(others=True)
    await redis.zadd(PROCESSES, {"another": now - GONE_AFTER})
    await until(others=False)
    job.cancel()


async def test_whoever_cannot_count_supposes_that_there_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(_: Any) -> int:
        raise ConnectionError("Redis is gone")

    monkeypatch.setattr(django_settings, "REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(company, "_beat", gone)
    publish.suppose(others=False)
    job = asyncio.create_task(keep_company())
    await until(others=True)
    job.cancel()
