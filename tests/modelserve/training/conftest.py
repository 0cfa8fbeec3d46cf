from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from modelserve.training.config import TrainingConfig, config_for
from modelserve.training.teaching import teach
from modelserve.training.tiny import Shape
from tests.modelserve.training.twin import twin_corpus

SHAPE = Shape(vocabulary=400, width=32, layers=2, heads=2, inner=64, positions=128)
SETTINGS = {
    "shape": SHAPE,
    "epochs": 6,
    "warmup_steps": 5,
    "learning_rate": 5e-3,
    "batch_size": 8,
    "strategy_weight": 3.0,
}


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Small matrices are slower on many threads, and other tests run beside these."""
    torch.set_num_threads(1)


def small(base: str = "tiny", variant: str = "joint", **changed: object) -> TrainingConfig:
    """Settings by which a training over the twin takes a second or two."""
    return config_for(base, variant, **{**SETTINGS, **changed})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """The folder of a checkpoint that learned the twin, made once: `trained("tiny-causal", "vanilla")`."""
    made: dict[tuple[str, str], Path] = {}

    def checkpoint(base: str, variant: str) -> Path:
        key = (base, variant)
        if key not in made:
            made[key] = tmp_path_factory.mktemp("-".join(key)) / "checkpoint"
            teach(twin_corpus(80), small(base, variant, epochs=12), made[key], device="cpu")
        return made[key]

    return checkpoint
