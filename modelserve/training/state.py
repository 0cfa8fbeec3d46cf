"""Where a training stands, on disk: written so that a process killed at any moment finds the last whole state."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from esc.errors import FileRefusal

FOLDER, LAST, BEST = "unfinished", "last.pt", "best.pt"


@dataclass
class Epoch:
    """What was measured at the end of one; number 0 is before the first."""

    number: int
    step: int
    validation_perplexity: float
    strategy_accuracy: float | None  # of the likeliest strategy on validation; None for vanilla


@dataclass
class Progress:
    """How far it is. Everything that a run which goes on needs beside weights, optimizer and dice."""

    epoch: int = 1  # the one under way, from 1
    groups: int = 0  # of it that are done
    step: int = 0
    losses: list[float] = field(default_factory=list)  # nats a token, of each step
    epochs: list[Epoch] = field(default_factory=list)

    @property
    def best(self) -> Epoch:
        return min(self.epochs, key=lambda epoch: epoch.validation_perplexity)


class StateFolder:
    """`unfinished/` in the folder of the checkpoint-to-be; gone when the checkpoint is there."""

    def __init__(self, out: Path, made_with: Mapping[str, Any]) -> None:
        self.folder = out / FOLDER
        self.made_with = json.loads(json.dumps(made_with))  # as it will be read: tuples are lists

    def load(self) -> dict[str, Any] | None:
        """The last state, None where nothing was begun. Raises FileRefusal where it was begun with other settings."""
        path = self.folder / LAST
        if not path.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, EOFError, UnpicklingError) as error:
            raise FileRefusal(str(path), f"this state cannot be read: {error}; remove {self.folder}") from error
        began = json.loads(state["made_with"])
        changed = [key for key in {**began, **self.made_with} if began.get(key) != self.made_with.get(key)]
        if changed:
            told = "; ".join(f"{key} was {began.get(key)!r}, is {self.made_with.get(key)!r}" for key in changed)
            raise FileRefusal(
                str(self.folder),
                f"a training with other settings is unfinished here ({told}). Remove it, or go on as it was",
            )
        return state

    def save(self, progress: Progress, parts: Mapping[str, Any]) -> None:
        """That is the last state now, or, where the process dies in here, still the one before."""
        state = {"made_with": json.dumps(self.made_with), "progress": asdict(progress), **parts}
        self._write(LAST, state)

    def save_best(self, weights: Mapping[str, torch.Tensor]) -> None:
        self._write(BEST, dict(weights))

    def best(self) -> dict[str, torch.Tensor]:
        found: dict[str, torch.Tensor] = torch.load(self.folder / BEST, map_location="cpu", weights_only=True)
        return found

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        new = self.folder / f"{name}.new"
        with new.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.folder / name)


def progress_of(state: Mapping[str, Any]) -> Progress:
    found = dict(state["progress"])
    return Progress(**{**found, "epochs": [Epoch(**epoch) for epoch in found["epochs"]]})
