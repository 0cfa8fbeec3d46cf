"""Everything that decides what a training gives, in one place: two runs with equal values give equal checkpoints."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from modelserve.engines.spec import Variant
from modelserve.training.tiny import Shape

TINY = ("tiny", "tiny-causal")
Precision = Literal["auto", "fp32", "bf16"]


@dataclass(frozen=True)
class TrainingConfig:
    """The paper's settings (Appendix C); where it says nothing, the authors' release; where that is silent, ours."""

    base: str  # a hub name, a folder, or one of TINY: made from nothing
    variant: Variant = "joint"  # joint, random and oracle are one training: they differ in how they speak

    # What is learned from.
    context_utterances: int = 4  # a piece: these, and the supporter's utterance that follows (Appendix C)
    max_context_tokens: int = 512  # of the latest utterances, whole ones
    max_reply_tokens: int = 128  # of the utterance to be learned, its strategy and its end not counted
    split: tuple[int, int, int] = (6, 2, 2)  # training, validation, test, by conversation (Appendix C)
    seed: int = 42  # of the split, the order, dropout, and a model from nothing

    # How.
    epochs: int = 5  # Appendix C; 0 leaves the base as it is
    learning_rate: float = 5e-5  # of Adam (Appendix C; the figure is the release's)
    warmup_steps: int = 120  # the release; after them the rate falls in a straight line to 0
    batch_size: int = 20  # pieces that go through the model at once
    accumulate: int = 1  # batches that make one step
    max_gradient: float = 1.0  # its norm is cut to this
    strategy_weight: float = 1.0  # what a strategy's token counts for in the loss, beside 1 for each token of text
    precision: Precision = "auto"  # auto: bf16 on a GPU, fp32 on a CPU; the weights themselves stay fp32

    # How safely.
    save_every: int = 200  # steps, beside the end of each epoch

    # What it starts from, where that is nothing.
    shape: Shape | None = None

    @property
    def with_strategies(self) -> bool:
        return self.variant != "vanilla"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def config_for(base: str, variant: Variant, **changed: Any) -> TrainingConfig:
    """The settings for that base, with some of them changed. A model from nothing has more to learn, and from less."""
    config = TrainingConfig(base=base, variant=variant)
    if base in TINY:
        config = replace(
            config,
            shape=Shape(),
            epochs=6,
            learning_rate=3e-3,
            batch_size=16,
            max_context_tokens=128,
            max_reply_tokens=50,
            strategy_weight=5.0,
        )
    return replace(config, **changed)
