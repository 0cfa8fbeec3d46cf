"""The figures of a rehearsal and their table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from chat.rehearse.verdict import Verdict

SHOWN = 10  # faults of one kind that are written out


@dataclass
class Times:
    """How long things took, in seconds: from the first sending of a message to its ack, and to the partner's page."""

    ack: list[float] = field(default_factory=list)
    delivery: list[float] = field(default_factory=list)


def percentile(values: Iterable[float], per_cent: float) -> float | None:
    """The smallest value that at least so many per cent of them do not exceed; None where there are none."""
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(0, -int(-len(ordered) * per_cent // 100) - 1)]


def table(*, people: int, finished: int, dropped: int, messages: int, verdict: Verdict, times: Times) -> str:
    """What a person reads at the end of a rehearsal."""
    counts = [
        ("people", people),
        ("finished with a code", finished),
        ("dropped out as planned", dropped),
        ("messages", messages),
        ("lost", len(verdict.lost)),
        ("doubled", len(verdict.doubled)),
        ("out of order", len(verdict.out_of_order)),
        ("stuck", len(verdict.stuck)),
    ]
    lines = [f"{name:24}{number:>10}" for name, number in counts]
    lines += ["", f"{'milliseconds':24}{'p50':>10}{'p95':>10}{'p99':>10}"]
    lines += [_row("acknowledged after", times.ack), _row("delivered after", times.delivery)]
    return "\n".join([*lines, *_faults(verdict)])


def _row(name: str, values: Sequence[float]) -> str:
    found = [percentile(values, per_cent) for per_cent in (50, 95, 99)]
    shown = ("–" if value is None else f"{value * 1000:.1f}" for value in found)
    return f"{name:24}" + "".join(f"{value:>10}" for value in shown)


def _faults(verdict: Verdict) -> list[str]:
    lines = []
    for name in ("lost", "doubled", "out_of_order", "stuck"):
        faults: list[str] = getattr(verdict, name)
        lines += [f"{name.replace('_', ' ')}: {fault}" for fault in faults[:SHOWN]]
        if len(faults) > SHOWN:
            lines.append(f"… and {len(faults) - SHOWN} more {name.replace('_', ' ')}")
    return ["", *lines] if lines else []
