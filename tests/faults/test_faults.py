"""The promise under faults (DESIGN §5): whatever is killed, nothing acknowledged is lost, doubled or out of order.

On a PostgreSQL and a Redis of their own, with several web processes. `make faults` breaks everything under a hundred
pairs; the services test breaks a few things under a few.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from chat.rehearse.figures import percentile
from chat.rehearse.verdict import Verdict
from tests.faults import breaking
from tests.faults.breaking import Fault
from tests.faults.conftest import ALL, PAIRS, Row
from tests.faults.crowd import Crowd
from tests.faults.network import Network
from tests.faults.site import Site, running_site

BACK_WITHIN = 15.0  # seconds
SHORT = [breaking.kill_a_web_process, breaking.restart_redis, breaking.restart_postgres]
LONG = [
    *SHORT,
    breaking.crash_postgres,
    breaking.stop_redis_for_a_while,
    breaking.kill_the_worker,
    breaking.cut_half_the_network,
    breaking.terminate_everything,
]
RESTART = 1012  # "service restart", as a socket's close code

pytestmark = pytest.mark.skipif(
    not ALL and "postgresql" not in connections.databases["default"]["ENGINE"],
    reason="not run: faults need PostgreSQL and Redis (make services-test runs a few of them, make faults all)",
)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    # Not pytest's folder: PostgreSQL's own user could not get to its part of it.
    with tempfile.TemporaryDirectory() as folder, running_site(Path(folder)) as running:
        yield running


async def break_under(crowd: Crowd, fault: Fault, site: Site, network: Network) -> tuple[float, Verdict]:
    """How long until the last one was back, and what became of everything that was said."""
    await crowd.enter()
    crowd.talk()
    await crowd.until_back(0)
    recovered = await fault(site, network)
    back = await crowd.until_back(recovered)
    await crowd.hush()
    return back, await crowd.go_home()


@pytest.mark.parametrize("fault", LONG if ALL else SHORT, ids=lambda fault: fault.__name__)
async def test_nothing_acknowledged_is_lost_and_everybody_comes_back(fault: Fault, site: Site, rows: list[Row]) -> None:
    network = Network()
    entrances = await network.lead_to([web.port for web in site.web])
    crowd = Crowd(
        site.pairs(PAIRS),
        doors=[web.url for web in site.web],
        seekers_doors=[f"http://127.0.0.1:{port}" for port in entrances],
        seed=1,
    )
    try:
        back, verdict = await break_under(crowd, fault, site, network)
    finally:
        await network.close()
    said = sum(len(place.log.sent) for place in crowd.places)
    p50, p99 = (percentile(crowd.times.delivery, per_cent) for per_cent in (50, 99))
    rows.append(Row(fault.__name__, said, verdict, back, p50, p99))
    assert verdict == Verdict()
    assert back <= BACK_WITHIN
    assert all(process.is_running for process in site.processes)
    if fault is breaking.terminate_everything:
        assert all(RESTART in voice.tab.codes for voice in crowd.voices)
