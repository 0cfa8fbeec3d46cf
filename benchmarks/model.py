"""`make bench-model`: what a model in the supporter's seat costs; writes the measured part of docs/models.md.

So many chats wait for a reply at once, and each asks for the next as soon as it has one: the worst that can come.
Whatever waits is gathered into one batch, as the worker does, or answered one at a time. Beside it runs transformers'
own `generate` alone over tensors that are ready, with the same settings. Ratios hold; absolute figures belong to a
machine. Weights are random: the shape is what costs.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import torch
from transformers.utils.logging import disable_progress_bar

from benchmarks.shape import NEW_TOKENS, context, write_shape
from modelserve.engines.base import Context
from modelserve.engines.loading import EngineSpec
from modelserve.engines.tensors.engine import TensorEngine, load_tensors

ROOT = Path(__file__).resolve().parents[1]
MARKS = ("<!-- measured speed: begin -->", "<!-- measured speed: end -->")
CHATS = (1, 8, 32, 128)
QUEUED = (1, 8, 32)  # these are measured one at a time, too; for more chats it is as fast as for one
FEWEST = 4  # replies a round


@dataclass
class Seen:
    """One way of answering, at one number of chats."""

    seconds: float = 0.0  # in all
    inside: float = 0.0  # of them in core: `generate` with our drawing
    latencies: list[float] = field(default_factory=list)  # seconds from a turn's wait to its reply
    batches: list[int] = field(default_factory=list)

    def add(self, other: Seen) -> None:
        """Another round of the same."""
        self.seconds += other.seconds
        self.inside += other.inside
        self.latencies += other.latencies
        self.batches += other.batches

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    @property
    def outside(self) -> float:
        """Which share of the time was spent outside `generate`."""
        return 1 - self.inside / self.seconds

    def share(self, percent: int) -> float:
        if len(self.latencies) < 2:
            return self.latencies[0]
        return quantiles(self.latencies, n=100, method="inclusive")[percent - 1]


class Watch:
    """How long the engine's core takes, without changing it."""

    def __init__(self, engine: TensorEngine) -> None:
        self.engine, self.core, self.seconds = engine, engine.core, 0.0
        engine.core = self  # type: ignore[method-assign]

    def __call__(self, batch: Any) -> torch.Tensor:
        begun = time.perf_counter()
        made = self.core(batch)
        settle()
        self.seconds += time.perf_counter() - begun
        return made


def settle() -> None:
    """A GPU has done everything that it was told."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def answered(watch: Watch, chats: int, replies: int, most: int) -> Seen:
    """`chats` wait; at most `most` are taken at once; each comes back for another reply until there were enough."""
    seen, spent = Seen(), watch.seconds
    begun = time.perf_counter()
    waiting = deque((context(number), begun) for number in range(chats))
    while len(seen.latencies) < replies:
        taken = [waiting.popleft() for _ in range(min(most, len(waiting)))]
        watch.engine.reply([asked for asked, _since in taken])
        now = time.perf_counter()
        seen.batches.append(len(taken))
        seen.latencies += [now - since for _asked, since in taken]
        waiting.extend((replace(asked, seed=asked.seed + 1_000), now) for asked, _since in taken)
    seen.seconds = time.perf_counter() - begun
    seen.inside = watch.seconds - spent
    return seen


def alone(engine: TensorEngine, contexts: Sequence[Context]) -> float:
    """Replies a second of transformers' `generate` alone: tensors are there, no text is made, no row has its dice."""
    batch = engine.pre(contexts)
    ids, mask = batch.ids.to(engine.device), batch.mask.to(engine.device)
    decoding = engine.generation.decoding
    settle()
    begun = time.perf_counter()
    with torch.inference_mode():
        engine.checkpoint.model.generate(  # type: ignore[operator]
            ids,
            attention_mask=mask,
            do_sample=True,
            top_k=decoding.top_k,
            top_p=decoding.top_p,
            temperature=decoding.temperature,
            repetition_penalty=decoding.repetition_penalty,
            min_new_tokens=NEW_TOKENS + 1,
            max_new_tokens=NEW_TOKENS + 1,
            pad_token_id=engine.words.pad,
            eos_token_id=engine.words.eos,
        )
    settle()
    return len(contexts) / (time.perf_counter() - begun)


def measure(engine: TensorEngine, rounds: int) -> list[str]:
    """The rows of the table, one for each number of chats. Each round goes all three ways, so that a ratio holds."""
    watch, lines, single = Watch(engine), [], Seen()
    for chats in CHATS:
        bare, batched, one = [], Seen(), Seen()
        for _ in range(rounds):
            bare.append(alone(engine, [context(number) for number in range(chats)]))
            batched.add(answered(watch, chats, max(FEWEST, chats), chats))
            if chats in QUEUED:
                one.add(answered(watch, chats, max(FEWEST, chats), 1))
        single = one if chats == 1 else single
        lines.append(_line(chats, batched, median(bare), one if chats in QUEUED else single))
        print(lines[-1], flush=True)
    return lines


def _line(chats: int, batched: Seen, bare: float, one: Seen) -> str:
    sizes = sorted(set(batched.batches))
    queue = f"{one.share(50):.2f} / {one.share(95):.2f}" if chats in QUEUED else "not measured"
    cells = [
        f"{chats}",
        f"{batched.rate:.1f}",
        f"{batched.share(50):.2f} / {batched.share(95):.2f}",
        "–".join(map(str, dict.fromkeys([sizes[0], sizes[-1]]))),
        f"{batched.outside:.1%}",
        f"{bare:.1f}",
        f"{batched.rate / bare:.2f}",
        f"{one.rate:.1f}",
        queue,
        f"{batched.rate / one.rate:.1f}×",
    ]
    return "| " + " | ".join(cells) + " |"


HEAD = (
    "| chats | replies/s | p50 / p95 (s) | batch sizes | outside `generate` | `generate` alone, replies/s | of it "
    "| one at a time, replies/s | p50 / p95 (s) | batched to one at a time |",
    "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
)


def report(tables: dict[str, list[str] | None], rounds: int) -> str:
    lines = [
        f"Medians of, or over, {rounds} rounds; {NEW_TOKENS} tokens a reply; torch {torch.__version__.split('+')[0]}.",
        "",
    ]
    for place, rows in tables.items():
        lines += [f"**{place}**", ""]
        lines += [*HEAD, *rows, ""] if rows else ["Not measured: there was none where this ran.", ""]
    return "\n".join(lines)


def write(text: str) -> None:
    """Put the figures between the marks of docs/models.md; the words around them stay."""
    page = ROOT / "docs" / "models.md"
    before, rest = page.read_text(encoding="utf-8").split(MARKS[0])
    page.write_text(f"{before}{MARKS[0]}\n{text}{MARKS[1]}{rest.split(MARKS[1])[1]}", encoding="utf-8")


def main(rounds: int, threads: int) -> None:
    disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(threads)
    tables: dict[str, list[str] | None] = {}
    with tempfile.TemporaryDirectory() as folder:
        write_shape(Path(folder))
        processor = f"CPU: {threads} threads, fp32, Python {platform.python_version()}"
        tables[processor] = measure(load_tensors(EngineSpec("seq2seq", folder, device="cpu")), rounds)
        if torch.cuda.is_available():
            name = f"GPU: {torch.cuda.get_device_name()}, bf16"
            tables[name] = measure(load_tensors(EngineSpec("seq2seq", folder, device="cuda")), rounds)
        else:
            tables["GPU"] = None
    write(report(tables, rounds))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    main(options.rounds, options.threads)
