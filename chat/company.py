"""Whether there are other web processes: one that is alone need not publish what nobody hears.

A publication to nobody costs as much as committing the messages in it (docs/performance.md). Being wrong for a moment
costs little: a publication is a nudge, and a socket that misses one reads the rows.
"""

from __future__ import annotations

import asyncio
import logging

from django.conf import settings
from redis.asyncio import Redis

from chat import publish

log = logging.getLogger(__name__)

PROCESSES = "web-processes"  # a sorted set in Redis: each by the second in which it was last there
BEAT = 1  # seconds
GONE_AFTER = 5  # seconds without a beat


async def keep_company() -> None:
    """Tell the others every second that this process is there, and count them, until cancelled."""
    try:
        async with Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as redis:
            while True:
                publish.suppose(others=await _are_there_others(redis))
                await asyncio.sleep(BEAT)
    finally:
        publish.suppose(others=True)


async def _are_there_others(redis: Redis) -> bool:
    try:
        return await _beat(redis) > 1
    except Exception as error:
        log.info("Nobody knows which other processes are there (%r).", error)
        return True


async def _beat(redis: Redis) -> int:
    """How many processes are there, this one among them. The clock is Redis's own: theirs may differ."""
    now, _ = await redis.time()
    async with redis.pipeline() as together:
        together.zadd(PROCESSES, {publish.THIS_PROCESS: now})
        together.zremrangebyscore(PROCESSES, "-inf", now - GONE_AFTER)
        together.zcard(PROCESSES)
        *_, count = await together.execute()
    return int(count)
