"""What `train_supporter` does when torch is there: reads, trains, and says how it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from esc.errors import FileRefusal
from modelserve.management.corpora import corpus_in
from modelserve.training.board import Board
from modelserve.training.config import TINY, TrainingConfig, config_for
from modelserve.training.scoring import Baselines
from modelserve.training.state import Progress
from modelserve.training.teaching import teach


def train(options: Mapping[str, Any], settings: Mapping[str, Any], say: Callable[[str], object]) -> None:
    """A checkpoint is in the folder of `--out`. Raises FileRefusal where something asked for cannot be."""
    config = config_for(options["base"], options["variant"], **settings)
    _check(config)
    corpus = corpus_in(options["file"], options["mapping"])
    board = Board(options["tensorboard"])
    if config.base in TINY:
        torch.set_num_threads(1)  # on matrices so small several threads wait for each other, long on a busy machine

    def report(progress: Progress, beside: Baselines) -> None:
        board.show(progress)
        epoch = progress.epochs[-1]
        if epoch.number == 0:
            say(_before(epoch.validation_perplexity, beside))
        else:
            accuracy = epoch.strategy_accuracy
            said = "" if accuracy is None else f", its likeliest strategy right {accuracy:.1%} of the time"
            best = " (best so far)" if progress.best is epoch else ""
            say(f"epoch {epoch.number}: validation perplexity {epoch.validation_perplexity:.2f}{said}{best}")

    taught = teach(corpus, config, Path(options["out"]), device=options["device"], report=report, bar=True)
    best = taught.progress.best
    say(
        f"Kept epoch {best.number}: validation perplexity {best.validation_perplexity:.2f}, "
        f"untrained {taught.progress.epochs[0].validation_perplexity:.2f}, "
        f"unigram model {taught.baselines.unigram_perplexity:.2f}."
    )


def _before(untrained: float, beside: Baselines) -> str:
    said = f"before: validation perplexity {untrained:.2f}; a unigram model has {beside.unigram_perplexity:.2f}"
    if beside.majority_accuracy is not None:
        said += f"; always choosing {beside.majority_strategy} is right {beside.majority_accuracy:.1%} of the time"
    return said


def _check(config: TrainingConfig) -> None:
    least = {"epochs": 0, "warmup_steps": 0, "batch_size": 1, "accumulate": 1, "save_every": 1, "seed": 0}
    for name, lowest in least.items():
        if getattr(config, name) < lowest:
            raise FileRefusal(f"--{name.replace('_', '-')}", f"expected {lowest} or more")
    if not 0 < config.learning_rate < 1:
        raise FileRefusal("--learning-rate", "expected more than 0 and less than 1")
