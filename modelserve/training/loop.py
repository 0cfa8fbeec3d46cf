"""The training itself: Adam over shuffled pieces, the best epoch on validation kept, and taken up where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from tqdm import tqdm

from modelserve.engines.tensors.checkpoint import Checkpoint
from modelserve.training.batches import IGNORED, Batch, Encoded, Encoder
from modelserve.training.config import TrainingConfig
from modelserve.training.scoring import first_of, predictions, score
from modelserve.training.state import Epoch, Progress, StateFolder, progress_of

Report = Callable[[Progress], None]
SORTED = 8  # steps whose pieces are sorted by length together


class Training:
    """One run over one checkpoint. A run that was killed gives, taken up again, what it would have given."""

    def __init__(
        self,
        config: TrainingConfig,
        checkpoint: Checkpoint,
        encoder: Encoder,
        learned: Sequence[Encoded],
        validated: Sequence[Encoded],
        state: StateFolder,
    ) -> None:
        self.config, self.checkpoint, self.encoder, self.state = config, checkpoint, encoder, state
        self.learned, self.validated = learned, validated
        self.model = checkpoint.model
        self.device = self.model.device
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=config.learning_rate)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._rate)
        self.progress = Progress()

    @property
    def groups(self) -> int:
        """Steps in an epoch; the last may be of fewer pieces."""
        a_step = self.config.batch_size * self.config.accumulate
        return -(-len(self.learned) // a_step)

    @property
    def steps(self) -> int:
        return self.groups * self.config.epochs

    def _rate(self, step: int) -> float:
        """What of the learning rate a step has: rising to all of it in the warm-up, then falling to nothing."""
        warm = self.config.warmup_steps
        if step < warm:
            return (step + 1) / warm
        return max(0.0, (self.steps - step) / max(1, self.steps - warm))

    def run(self, report: Report = lambda progress: None, *, bar: bool = False) -> Progress:
        """The model has the weights of its best epoch. `report` is told after each epoch, the one before all too."""
        torch.manual_seed(self.config.seed)
        if (found := self.state.load()) is not None:
            self._restore(found)
        if not self.progress.epochs:
            self._end_epoch(0)
            report(self.progress)
        with tqdm(total=self.steps, initial=self.progress.step, unit="step", disable=None if bar else True) as shown:
            while self.progress.epoch <= self.config.epochs:
                for group in self._rest_of_epoch():
                    loss = self._step(group)
                    shown.update()
                    shown.set_postfix_str(f"epoch {self.progress.epoch}, loss {loss:.3f}")
                self._end_epoch(self.progress.epoch)
                report(self.progress)
        self.model.load_state_dict(self.state.best())
        return self.progress

    def _rest_of_epoch(self) -> Iterator[list[Batch]]:
        """The steps of this epoch that are not done."""
        size = self.config.batch_size
        for places in self._order()[self.progress.groups :]:
            chosen = [self.learned[place] for place in places]
            yield [self.encoder.batch(chosen[first : first + size]) for first in range(0, len(chosen), size)]

    def _order(self) -> list[list[int]]:
        """The pieces of each step of this epoch, by seed and number alone; of a kind in length, to fill up little.

        All are shuffled; then those of every few steps are sorted by length, and the steps are shuffled again.
        """
        dice = torch.Generator().manual_seed(self.config.seed * 1_000 + self.progress.epoch)
        order = torch.randperm(len(self.learned), generator=dice).tolist()
        a_step = self.config.batch_size * self.config.accumulate
        steps: list[list[int]] = []
        for first in range(0, len(order), SORTED * a_step):
            alike = sorted(order[first : first + SORTED * a_step], key=self._length)
            steps += [alike[start : start + a_step] for start in range(0, len(alike), a_step)]
        return [steps[place] for place in torch.randperm(len(steps), generator=dice).tolist()]

    def _length(self, place: int) -> int:
        return len(self.learned[place].context)

    def _step(self, group: Sequence[Batch]) -> float:
        """One step of the optimizer; what it cost in nats a token. A group of batches counts as one large batch."""
        self.model.train()
        tokens = sum(int((batch.labels != IGNORED).sum()) for batch in group)
        total = 0.0
        for batch in group:
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixed):
                logits, labels = predictions(self.model, batch.to(self.device), causal=self.encoder.causal)
            costs = torch.nn.functional.cross_entropy(
                logits.float().transpose(1, 2), labels, reduction="none", ignore_index=IGNORED
            )  # (B, R)
            loss = (costs * self._weights(labels)).sum() / tokens
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_gradient)
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.progress.step += 1
        self.progress.groups += 1
        self.progress.losses.append(total)
        if self.progress.step % self.config.save_every == 0 and self.progress.groups < self.groups:
            self._save()
        return total

    def _weights(self, labels: torch.Tensor) -> torch.Tensor:
        """(B, R) → (B, R) float32: 1, and at the place of each strategy its weight."""
        weights = torch.ones_like(labels, dtype=torch.float32)
        if self.encoder.first:
            weights[torch.arange(len(labels), device=labels.device), first_of(labels)] = self.config.strategy_weight
        return weights

    @property
    def mixed(self) -> bool:
        """Whether the sums are done in bf16, with weights in fp32."""
        wanted = self.config.precision
        return wanted == "bf16" or (wanted == "auto" and self.device.type == "cuda")

    def _end_epoch(self, number: int) -> None:
        """It is measured, kept if it is the best, and the next begins."""
        scores = score(self.checkpoint, self.encoder, self.validated)
        epoch = Epoch(number, self.progress.step, scores.perplexity, scores.strategy_accuracy)
        self.progress.epochs.append(epoch)
        if self.progress.best is epoch:
            self.state.save_best(self.model.state_dict())
        self.progress.epoch, self.progress.groups = number + 1, 0
        self._save()

    def _save(self) -> None:
        dice = {"cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            dice["cuda"] = torch.cuda.get_rng_state(self.device)
        parts = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "dice": dice,
        }
        self.state.save(self.progress, parts)

    def _restore(self, found: dict[str, Any]) -> None:
        self.progress = progress_of(found)
        self.model.load_state_dict(found["model"])
        self.optimizer.load_state_dict(found["optimizer"])
        self.schedule.load_state_dict(found["schedule"])
        torch.set_rng_state(found["dice"]["cpu"])
        if self.device.type == "cuda" and "cuda" in found["dice"]:
            torch.cuda.set_rng_state(found["dice"]["cuda"], self.device)
