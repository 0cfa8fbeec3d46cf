"""The loss curve of a training as a picture."""

from __future__ import annotations

import math
from pathlib import Path

from modelserve.training.state import Progress

SMOOTHED = 20  # steps


def draw_curve(progress: Progress, unigram: float, path: Path) -> None:
    """An SVG: the loss of each step, smoothed, and at each epoch's end the validation's; the unigram model as a line.

    Equal trainings draw equal files.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    losses = progress.losses
    smooth = [
        sum(part) / len(part) for end in range(len(losses)) if (part := losses[max(0, end - SMOOTHED + 1) : end + 1])
    ]
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(range(1, len(smooth) + 1), smooth, color="#7aa6c2", linewidth=1, label=f"training, over {SMOOTHED} steps")
    steps = [epoch.step for epoch in progress.epochs]
    validation = [math.log(epoch.validation_perplexity) for epoch in progress.epochs]
    axes.plot(steps, validation, "o-", color="#1f4e66", label="validation, text alone")
    axes.axhline(math.log(unigram), color="#b06030", linestyle="--", linewidth=1, label="unigram model")
    best = progress.best
    axes.annotate(
        f"perplexity {best.validation_perplexity:.1f}",
        (best.step, math.log(best.validation_perplexity)),
        textcoords="offset points",
        xytext=(0, 10),
        ha="center",
    )
    axes.set_xlabel("step")
    axes.set_ylabel("nats a token")
    axes.legend(frameon=False)
    with mpl.rc_context({"svg.hashsalt": "esc", "svg.fonttype": "none"}):
        figure.savefig(path, format="svg", metadata={"Date": None})
