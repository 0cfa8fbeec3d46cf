"""The load: pairs that ping-pong, or write at a steady rate; prints one JSON line of what it saw.

    python -m benchmarks.driver --ports 8001,8002 --seats seats.jsonl --mode pingpong --seconds 8

A seats file holds one JSON line a pair, as `rehearsal_seats` prints it: {"conversation", "ws", "seeker": {"cookie"},
"supporter": {"cookie"}}. `ws` may hold {side} (the relays tell the two sides apart by path).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import time
from functools import partial
from typing import Any

import uvloop

from benchmarks.wire import Client

TICK = 0.001  # seconds; uvloop takes less for nothing, and a driver that spins takes the database's core
# As long as an utterance is on average (Table 2).
TEXT = "It has been like this since the spring, and I do not know whom I could tell about it."


class Side:
    """One person of a pair. Rates as soon as a rating falls due, as a page's reader would in time."""

    def __init__(self, pair: Pair, role: str) -> None:
        self.pair, self.role = pair, role
        self.client: Client
        self.sent = 0
        self.rates = role == "seeker" and "seeker" in pair.seat  # the relays know nothing of ratings
        self.unrated = 0
        self.due = 0  # the position a rating is due for
        self.rated = 0  # the newest position that was rated
        self.welcomed = asyncio.get_running_loop().create_future()

    @property
    def may_speak(self) -> bool:
        """Not between two unrated utterances and the frame that says that a rating is due."""
        return self.unrated < 2 or self.due > 0

    def say(self) -> None:
        self.sent += 1
        side = "1111" if self.role == "seeker" else "2222"
        client_id = f"{self.pair.number:08x}-{side}-4000-8000-{self.pair.run}{self.sent:06x}"
        frame = {"type": "say", "client_id": client_id, "text": TEXT}
        if self.role == "supporter":
            frame["strategy"] = "Question"
        if self.due:
            self.client.send(b'{"type": "feedback", "through": %d, "score": 5}' % self.due)
            self.rated = self.due
            self.due = self.unrated = 0
        self.pair.load.begin(client_id)
        self.client.send(json.dumps(frame).encode())

    def rating_is_due(self, through: int) -> None:
        """Answered once, however often it is told: between two processes rows and publication may both tell it."""
        if through > max(self.due, self.rated):
            self.due = through
            self.pair.load.answer(self)

    def on_text(self, text: bytes) -> None:
        start = 9 if text[8:9] == b'"' else 10  # every frame begins {"type":"… or {"type": "…
        kind = text[start : start + 3]
        if kind == b"utt":
            frame = json.loads(text)
            self.pair.load.delivered(frame["client_id"], frame["position"], self)
        elif kind == b"ack":
            self.pair.load.acknowledged(json.loads(text)["client_id"])
        elif text[start : start + 12] == b"feedback_due":
            self.rating_is_due(json.loads(text)["through"])
        elif kind == b"wel":
            self.due = json.loads(text).get("feedback_due") or 0
            self.welcomed.set_result(None)
        elif kind == b"ref":
            self.pair.load.refused.append(json.loads(text)["code"])


class Pair:
    def __init__(self, load: Load, number: int, seat: dict[str, Any]) -> None:
        self.load, self.number, self.seat = load, number, seat
        self.run = f"{random.randrange(16**6):06x}"
        self.sides = {role: Side(self, role) for role in ("seeker", "supporter")}
        self.newest = {"seeker": 0, "supporter": 0}

    async def connect(self, ports: list[int]) -> None:
        loop = asyncio.get_running_loop()
        for index, (role, side) in enumerate(self.sides.items()):
            port = ports[(self.number + index) % len(ports)]
            headers = {"Host": f"127.0.0.1:{port}", "Origin": f"http://127.0.0.1:{port}"}
            if role in self.seat:
                headers["Cookie"] = self.seat[role]["cookie"]
            path = self.seat["ws"].replace("{side}", role)
            _, side.client = await loop.create_connection(
                partial(Client, path, headers, side.on_text), "127.0.0.1", port
            )
            await asyncio.wait_for(side.welcomed, 30)


class Load:
    """What was begun, acknowledged, delivered; and the answer to what was delivered (ping-pong)."""

    def __init__(self, *, pingpong: bool, pids: list[int]) -> None:
        self.pingpong, self.pids = pingpong, pids
        self.server_cpu = 0.0
        self.measuring = False
        self.undelivered: dict[str, float] = {}
        self.unacknowledged: dict[str, float] = {}
        self.acks: list[float] = []
        self.deliveries: list[float] = []
        self.refused: list[str] = []
        self.out_of_order = 0

    def start(self) -> float:
        self.measuring, self.server_cpu = True, cpu_seconds(self.pids)
        return time.perf_counter()

    def stop(self) -> float:
        self.measuring, self.server_cpu = False, cpu_seconds(self.pids) - self.server_cpu
        return time.perf_counter()

    def begin(self, client_id: str) -> None:
        self.undelivered[client_id] = self.unacknowledged[client_id] = time.perf_counter()

    def acknowledged(self, client_id: str) -> None:
        begun = self.unacknowledged.pop(client_id)
        if self.measuring:
            self.acks.append(time.perf_counter() - begun)

    def delivered(self, client_id: str, position: int, side: Side) -> None:
        begun = self.undelivered.pop(client_id, None)
        if begun is None or position <= side.pair.newest[side.role]:
            self.out_of_order += 1
        side.pair.newest[side.role] = position
        if self.measuring and begun is not None:
            self.deliveries.append(time.perf_counter() - begun)
        side.unrated += side.rates
        if side.may_speak:  # else the rating falls due with the very next frame
            self.answer(side)

    def answer(self, side: Side) -> None:
        if self.pingpong:
            side.say()


async def pingpong(pairs: list[Pair], load: Load, seconds: float) -> float:
    """Every pair keeps one message in the air."""
    for pair in pairs:
        pair.sides["seeker"].say()
    await asyncio.sleep(1.5)
    begun = load.start()
    await asyncio.sleep(seconds)
    return load.stop() - begun


async def steady(pairs: list[Pair], load: Load, seconds: float, rate: int) -> float:
    """`rate` messages a second in all, evenly, each pair's two sides in turn; measured once everyone has spoken."""
    begun, sent, warm = time.perf_counter(), 0, max(int(rate * 1.5), 2 * len(pairs))
    while (elapsed := time.perf_counter() - begun) < seconds + warm / rate:
        while sent < elapsed * rate:
            pair = pairs[sent % len(pairs)]
            side = pair.sides["seeker" if (sent // len(pairs)) % 2 == 0 else "supporter"]
            sent += 1
            if side.may_speak:
                side.say()
            if sent == warm:
                load.start()
        await asyncio.sleep(TICK)
    load.stop()
    await asyncio.sleep(1)
    return seconds


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of these processes so far."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as file:
            ticks += sum(int(field) for field in file.read().rsplit(")", 1)[1].split()[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


def percentile(values: list[float], share: float) -> float:
    """In milliseconds."""
    return round(sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000, 3) if values else 0.0


async def main(options: argparse.Namespace) -> None:
    with open(options.seats) as file:  # noqa: ASYNC230
        seats = [json.loads(line) for line in file][: options.pairs]
    load = Load(pingpong=options.mode == "pingpong", pids=[int(pid) for pid in options.pids.split(",") if pid])
    pairs = [Pair(load, number, seat) for number, seat in enumerate(seats)]
    ports = [int(port) for port in options.ports.split(",")]
    for start in range(0, len(pairs), 20):
        await asyncio.gather(*(pair.connect(ports) for pair in pairs[start : start + 20]))
    if options.mode == "idle":
        print(json.dumps({"open": 2 * len(pairs)}), flush=True)
        await asyncio.sleep(options.seconds)
        return
    if load.pingpong:
        seconds = await pingpong(pairs, load, options.seconds)
    else:
        seconds = await steady(pairs, load, options.seconds, options.rate)
    print(
        json.dumps(
            {
                "messages_per_second": round(len(load.deliveries) / seconds, 1),
                "delivery_ms": {"p50": percentile(load.deliveries, 0.5), "p99": percentile(load.deliveries, 0.99)},
                "ack_ms": {"p50": percentile(load.acks, 0.5), "p99": percentile(load.acks, 0.99)},
                "server_us_per_message": round(load.server_cpu * 1e6 / max(1, len(load.deliveries)), 1),
                "refused": sorted(set(load.refused)),
                "out_of_order": load.out_of_order,
            }
        )
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ports", required=True)
    parser.add_argument("--seats", required=True)
    parser.add_argument("--pids", default="", help="the server's processes, whose CPU time is counted")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--mode", choices=["pingpong", "steady", "idle"], required=True)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=8)
    uvloop.run(main(parser.parse_args()))
