"""What can break, each as a function that breaks it and comes back when everything is there again."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from random import Random
from time import monotonic

from tests.faults.network import Network
from tests.faults.site import Site

OUTAGE = 20.0  # seconds
Fault = Callable[[Site, Network], Awaitable[float]]  # comes back with the moment of recovery


async def kill_a_web_process(site: Site, network: Network) -> float:
    """The others are there: pages are to come back to them at once."""
    victim = site.web[0]
    victim.kill()
    recovered = monotonic()
    await asyncio.to_thread(victim.start)
    return recovered


async def restart_redis(site: Site, network: Network) -> float:
    await asyncio.to_thread(site.redis.stop)
    await asyncio.to_thread(site.redis.start)
    return monotonic()


async def stop_redis_for_a_while(site: Site, network: Network) -> float:
    await asyncio.to_thread(site.redis.stop)
    await asyncio.sleep(OUTAGE)
    await asyncio.to_thread(site.redis.start)
    return monotonic()


async def restart_postgres(site: Site, network: Network) -> float:
    await asyncio.to_thread(site.postgres.stop)
    await asyncio.to_thread(site.postgres.start)
    return monotonic()


async def crash_postgres(site: Site, network: Network) -> float:
    await asyncio.to_thread(site.postgres.stop, "immediate")
    await asyncio.to_thread(site.postgres.start)
    return monotonic()


async def kill_the_worker(site: Site, network: Network) -> float:
    assert site.worker is not None
    site.worker.kill()
    site.worker.start()
    return monotonic()


async def terminate_everything(site: Site, network: Network) -> float:
    """As a deployment does: every process is told to stop, and does, and new ones are started."""
    for process in site.processes:
        process.signal(signal.SIGTERM)
    for process in site.processes:
        await asyncio.to_thread(process.wait)
    await asyncio.gather(*(asyncio.to_thread(process.start) for process in site.processes))
    return monotonic()


async def cut_half_the_network(site: Site, network: Network) -> float:
    network.cut()
    await asyncio.sleep(OUTAGE)
    network.restore(Random(1))
    return monotonic()
