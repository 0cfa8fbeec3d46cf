"""From conversations to a checkpoint in a folder: what `manage.py train_supporter` does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from esc.errors import FileRefusal
from modelserve.engines.tensors.checkpoint import device_named, positions_of, vocabulary_of
from modelserve.engines.tensors.generation import FILE
from modelserve.training.base import start
from modelserve.training.batches import Encoder
from modelserve.training.config import TrainingConfig
from modelserve.training.curve import draw_curve
from modelserve.training.finish import write_checkpoint
from modelserve.training.loop import Training
from modelserve.training.pieces import Dialogue, pieces_of, split_of
from modelserve.training.scoring import Baselines, baselines
from modelserve.training.state import Progress, StateFolder


@dataclass(frozen=True)
class Corpus:
    """The conversations of a file, and what names the file."""

    dialogues: Sequence[Dialogue]
    strategies: tuple[str, ...]
    sha256: str


@dataclass(frozen=True)
class Taught:
    """What came of a training."""

    progress: Progress
    baselines: Baselines
    pieces: dict[str, int]  # in each part


def teach(
    corpus: Corpus,
    config: TrainingConfig,
    out: Path,
    *,
    device: str = "",
    report: Callable[[Progress, Baselines], None] = lambda progress, beside: None,
    bar: bool = False,
) -> Taught:
    """The folder holds the best checkpoint of this training, its record (training.json) and its curve (loss.svg).

    Where a training with the same settings was cut off in this folder, it goes on and ends as if it never had been.
    Raises FileRefusal where the base cannot be loaded, the corpus is too small to be split, or the folder holds
    something else.
    """
    if (out / FILE).exists():
        raise FileRefusal(str(out), "there is a checkpoint here already; choose another folder, or remove it")
    split = split_of(len(corpus.dialogues), config.split, config.seed)
    parts = {
        name: pieces_of(corpus.dialogues, getattr(split, name), config.context_utterances) for name in asdict(split)
    }
    if empty := [name for name, pieces in parts.items() if not pieces]:
        raise FileRefusal("", f"too few conversations to be split: nothing is left for {', '.join(empty)}")
    where = device_named(device)
    checkpoint = start(config, [corpus.dialogues[n] for n in split.training], parts["training"], corpus.strategies)
    checkpoint.model.to(where)  # type: ignore[arg-type]
    encoder = Encoder(checkpoint.words, config, positions_of(checkpoint.model))
    learned, validated = ([encoder.encoded(piece) for piece in parts[name]] for name in ("training", "validation"))
    beside = baselines(encoder, learned, validated, vocabulary_of(checkpoint.model))
    made_with = {**config.as_dict(), "file": corpus.sha256, "device": where.type}
    state = StateFolder(out, made_with)
    progress = Training(config, checkpoint, encoder, learned, validated, state).run(
        lambda progress: report(progress, beside), bar=bar
    )
    taught = Taught(progress, beside, {name: len(pieces) for name, pieces in parts.items()})
    draw_curve(progress, beside.unigram_perplexity, _made(out) / "loss.svg")
    write_checkpoint(checkpoint, out, _record(corpus, made_with, taught))
    state.remove()
    return taught


def _made(out: Path) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    return out


def _record(corpus: Corpus, made_with: dict[str, Any], taught: Taught) -> dict[str, Any]:
    """How it was made and what was measured. No clock time: equal trainings have equal records."""
    return {
        "made_with": made_with,
        "conversations": len(corpus.dialogues),
        "pieces": taught.pieces,
        "best": asdict(taught.progress.best),
        "epochs": [asdict(epoch) for epoch in taught.progress.epochs],
        "baselines": asdict(taught.baselines),
        "libraries": {"torch": torch.__version__},
    }
