"""The curves for TensorBoard, where somebody wants them there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from esc.errors import FileRefusal
from modelserve.training.state import Progress


class Board:
    """Writes to a folder that TensorBoard reads, or, without a folder, nowhere."""

    def __init__(self, folder: str | None) -> None:
        """Raises FileRefusal where a folder is named and TensorBoard is not installed."""
        self._writer: Any = None
        self._shown = 0  # steps
        if folder:
            try:
                from torch.utils.tensorboard import SummaryWriter
            except ImportError as error:
                raise FileRefusal(
                    "--tensorboard", "TensorBoard is not installed: pip install tensorboard, or leave it out"
                ) from error
            self._writer = SummaryWriter(Path(folder))

    def show(self, progress: Progress) -> None:
        """Everything that is new since the last time."""
        if self._writer is None:
            return
        for step in range(self._shown, len(progress.losses)):
            self._writer.add_scalar("loss/training", progress.losses[step], step + 1)
        self._shown = len(progress.losses)
        epoch = progress.epochs[-1]
        self._writer.add_scalar("perplexity/validation", epoch.validation_perplexity, epoch.step)
        if epoch.strategy_accuracy is not None:
            self._writer.add_scalar("strategy accuracy/validation", epoch.strategy_accuracy, epoch.step)
        self._writer.flush()
