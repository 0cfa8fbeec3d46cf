"""How far a figure could be off: conversations are drawn again and again, for what is said in one hangs together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Figure:
    """A value with the middle 95 % of its bootstrap; without one where drawing again would bend it."""

    value: float
    low: float | None = None
    high: float | None = None


def draws_of(conversations: Sequence[int], times: int, seed: int) -> list[Places]:
    """For each of so many draws the places of its pieces: as many conversations as there are, with repetition."""
    places: dict[int, list[int]] = {}
    for place, conversation in enumerate(conversations):
        places.setdefault(conversation, []).append(place)
    groups = [np.array(group, dtype=np.int64) for group in places.values()]
    dice = np.random.default_rng(seed)
    chosen = dice.integers(len(groups), size=(times, len(groups)))
    return [np.concatenate([groups[number] for number in row]) for row in chosen]


def figure_of(measure: Callable[[Places], float], pieces: int, draws: Sequence[Places]) -> Figure:
    """The measure over all pieces, and its 2.5th and 97.5th percentile over the draws."""
    value = measure(np.arange(pieces, dtype=np.int64))
    if not draws:
        return Figure(value)
    low, high = np.percentile([measure(draw) for draw in draws], [2.5, 97.5])
    return Figure(value, float(low), float(high))
