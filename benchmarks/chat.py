"""`make bench`: the chat beside the limit of its design, in interleaved rounds; writes docs/performance.md's table.

Ours is the real application with its real sessions, checks and ratings; the relays are benchmarks/relay.py. Absolute
figures belong to a machine, ratios within one run hold.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg2

from benchmarks.machine import ROOT, Server, Services, drive, idle, manage, seats_of, services, serving

MARKS = ("<!-- measured: begin -->", "<!-- measured: end -->")
PAIRS = 200
Figures = dict[str, Any]
Place = Callable[[], AbstractContextManager[tuple[Server, Path]]]


class Places:
    """The servers that are compared, each with the seats its driver takes."""

    def __init__(self, at: Services, folder: Path) -> None:
        self.at, self.folder = at, folder
        self.environment = at.environment(redis=False)
        manage(self.environment, "migrate", "--verbosity", "0")
        text = ROOT / "platform/esc/studies/protocols/esconv.toml"
        manage(self.environment, "create_study", str(text), "--slug", "bench", "--rehearsal", "--open")
        lines = [json.dumps({"conversation": str(pair), "ws": f"/ws/{pair}/{{side}}"}) for pair in range(PAIRS)]
        self.relay_seats = seats_of(lines, folder / "relay.jsonl")

    def fresh_seats(self, pairs: int) -> Path:
        """Conversations in which nothing was said yet: a long one would make its welcome long. No more than are needed:
        tidying up after many new rows would keep the database busy while it is measured."""
        printed = manage(self.environment, "rehearsal_seats", "--study", "bench", "--pairs", str(pairs))
        return seats_of(printed.splitlines(), self.folder / "seats.jsonl")

    def tidy_up(self) -> None:
        """Have the database put in order what the run before left behind, and not while the next one is measured."""
        with closing(psycopg2.connect(self.at.database_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
                cursor.execute("CHECKPOINT")

    @contextmanager
    def relay(self, kind: str) -> Iterator[tuple[Server, Path]]:
        environment = {**self.environment, "RELAY": kind, "RELAY_DSN": self.at.database_url}
        with serving("benchmarks.relay:application", environment) as server:
            self.tidy_up()
            yield server, self.relay_seats

    @contextmanager
    def ours(self, processes: int = 1, *, redis: bool = True, pairs: int = PAIRS) -> Iterator[tuple[Server, Path]]:
        seats = self.fresh_seats(pairs)
        with serving("esc.asgi:application", self.at.environment(redis=redis), processes=processes) as server:
            self.tidy_up()
            yield server, seats


def saturation(places: dict[str, Place], rounds: int, seconds: int, pairs: int) -> dict[str, Figures]:
    """Medians over interleaved rounds of ping-pong, for each place."""
    return _rounds(places, rounds, ["--mode", "pingpong", "--seconds", str(seconds), "--pairs", str(pairs)])


def steady(places: dict[str, Place], rounds: int, seconds: int, rate: int, pairs: int = PAIRS) -> dict[str, Figures]:
    """Medians over interleaved rounds at a steady rate, for each place."""
    arguments = ["--mode", "steady", "--rate", str(rate), "--seconds", str(seconds), "--pairs", str(pairs)]
    return _rounds(places, rounds, arguments)


def growing(places: Places, seconds: int) -> dict[int, dict[str, Figures]]:
    """Ours from 50 to 1,000 pairs: at saturation and at 1,000/s, one round each."""
    found = {}
    for pairs in (50, 200, 500, 1000):
        ours: dict[str, Place] = {f"ours, {pairs} pairs": partial(places.ours, pairs=pairs)}
        (top,) = saturation(ours, 1, seconds, pairs).values()
        (even,) = steady(ours, 1, seconds, 1000, pairs).values()
        found[pairs] = {"top": top, "even": even}
    return found


def _rounds(places: dict[str, Place], rounds: int, arguments: list[str]) -> dict[str, Figures]:
    seen: dict[str, list[Figures]] = {name: [] for name in places}
    for number in range(rounds):
        for name, place in places.items():
            with place() as (server, seats):
                figures = drive(server, seats, *arguments)
            if figures["refused"] or figures["out_of_order"]:
                raise SystemExit(f"{name}: refused {figures['refused']}, out of order {figures['out_of_order']}")
            print(f"round {number + 1}, {name}: {json.dumps(figures)}", flush=True)
            seen[name].append(figures)
    return {name: _median(rows) for name, rows in seen.items()}


def _median(rows: list[Figures]) -> Figures:
    def of(*path: str) -> float:
        values: list[float] = []
        for row in rows:
            value: Any = row
            for key in path:
                value = value[key]
            values.append(value)
        return round(statistics.median(values), 2)

    return {
        "rate": of("messages_per_second"),
        "cpu": of("server_us_per_message"),
        **{f"{kind}_{share}": of(f"{kind}_ms", share) for kind in ("ack", "delivery") for share in ("p50", "p99")},
    }


def memory(places: Places, sockets: int, processes: int) -> float:
    """KiB of resident memory that one more open socket costs."""
    with places.ours(processes, pairs=sockets // 2) as (server, seats):
        with idle(server, seats, 25):
            pass
        before = server.memory_kib()
        with idle(server, seats, sockets // 2):
            return round((server.memory_kib() - before) / sockets, 1)


def report(measured: dict[str, Any]) -> str:
    """The measured part of docs/performance.md."""
    top, limit = measured["saturation"], measured["saturation"]["group-commit relay"]["rate"]
    lines = [
        f"{measured['machine']}. Medians of {measured['rounds']} interleaved rounds of {measured['seconds']} s.",
        "",
        "**Saturation, 200 pairs in ping-pong**",
        "",
        "| server | messages/s | of the durable limit | server CPU a message |",
        "|---|---:|---:|---:|",
        *(
            f"| {name} | {row['rate']:,.0f} | {row['rate'] / limit:.2f} | {row['cpu']:.0f} µs |"
            for name, row in top.items()
        ),
        "",
        "**At a steady rate, 200 pairs (ms)**",
        "",
        "| server | rate | ack p50 / p99 | delivery p50 / p99 |",
        "|---|---:|---:|---:|",
        *(
            f"| {name} | {rate}/s | {row['ack_p50']} / {row['ack_p99']}"
            f" | {row['delivery_p50']} / {row['delivery_p99']} |"
            for rate, rows in measured["steady"].items()
            for name, row in rows.items()
        ),
        "",
        *report_of_growth(measured["growth"], measured["memory_kib"], measured["sockets"]),
    ]
    return "\n".join(lines)


def report_of_growth(growth: dict[int, dict[str, Figures]], memory_kib: dict[int, float], sockets: int) -> list[str]:
    """What more pairs, more sockets and a second process change."""

    def times(row: Figures) -> str:
        return f"{row['ack_p50']} / {row['ack_p99']} | {row['delivery_p50']} / {row['delivery_p99']}"

    return [
        "**From 50 to 1,000 pairs, one process, one round each (ms)**",
        "",
        "| pairs | ping-pong, messages/s | ack p50 / p99 | delivery p50 / p99"
        " | at 1,000/s: ack p50 / p99 | delivery p50 / p99 |",
        "|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {pairs} | {row['top']['rate']:,.0f} | {times(row['top'])} | {times(row['even'])} |"
            for pairs, row in growth.items()
        ),
        "",
        f"**Memory** at {sockets:,} open sockets: {memory_kib[1]} KiB a socket in one process, {memory_kib[2]} in two.",
    ]


def write(text: str) -> None:
    """Put the figures between the marks of docs/performance.md; the words around them stay."""
    page = ROOT / "docs" / "performance.md"
    before, rest = page.read_text().split(MARKS[0])
    page.write_text(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{rest.split(MARKS[1])[1]}")


def main(rounds: int, seconds: int) -> None:
    if (os.cpu_count() or 1) < 2:
        raise SystemExit("The benchmark needs two cores: one for the server, one for driver and database.")
    with services() as at, tempfile.TemporaryDirectory() as folder:
        places = Places(at, Path(folder))
        ours: dict[str, Place] = {
            "ours, 1 process": places.ours,
            "ours, 2 processes": lambda: places.ours(2),
            "ours, 1 process that sweeps, too (no Redis)": lambda: places.ours(redis=False),
        }
        durable: dict[str, Place] = {"group-commit relay": lambda: places.relay("durable")}
        all_places: dict[str, Place] = {"memory-only relay": lambda: places.relay("memory"), **durable, **ours}
        measured = {
            "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
            "rounds": rounds,
            "seconds": seconds,
            "saturation": saturation(all_places, rounds, seconds, PAIRS),
            "steady": {rate: steady({**durable, **ours}, rounds, seconds, rate) for rate in (200, 1000)},
            "growth": growing(places, seconds),
            "sockets": 2000,
            "memory_kib": {processes: memory(places, 2000, processes) for processes in (1, 2)},
        }
    write(report(measured))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=6)
    options = parser.parse_args()
    main(options.rounds, options.seconds)
