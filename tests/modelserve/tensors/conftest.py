from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from modelserve.engines.loading import EngineSpec
from modelserve.engines.tensors.engine import TensorEngine, load_tensors
from tests.modelserve.checkpoints import tiny_checkpoint

Seat = Callable[..., TensorEngine]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Small matrices are slower on many threads, and other tests run beside these."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """The folder of a tiny checkpoint of that architecture and training, made once."""
    made: dict[tuple[str, str], Path] = {}

    def checkpoint(architecture: Any, trained: str) -> Path:
        key = (architecture, trained)
        if key not in made:
            variant: Any = "vanilla" if trained == "vanilla" else "joint"
            made[key] = tiny_checkpoint(tmp_path_factory.mktemp("-".join(key)), architecture, variant)
        return made[key]

    return checkpoint


@pytest.fixture
def seat(checkpoints: Callable[[str, str], Path]) -> Seat:
    """An engine: `seat("causal", "random", top_k=5)`."""

    def seated(architecture: Any, variant: Any = "joint", **decoding: float) -> TensorEngine:
        folder = checkpoints(architecture, "vanilla" if variant == "vanilla" else "strategy")
        return load_tensors(
            EngineSpec(architecture, str(folder), variant=variant, decoding=tuple(decoding.items()), device="cpu")
        )

    return seated
