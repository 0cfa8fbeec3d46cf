"""A training from its first step to a checkpoint that speaks, whole or in pieces."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from esc.errors import FileRefusal
from modelserve.engines.base import Context
from modelserve.engines.loading import EngineSpec, load_engine
from modelserve.training.loop import Training
from modelserve.training.teaching import teach
from tests.modelserve.checkpoints import tiny_checkpoint
from tests.modelserve.talks import heard
from tests.modelserve.training.conftest import SETTINGS, small
from tests.modelserve.training.twin import LINES, twin_corpus

ROOT = Path(__file__).resolve().parents[3]
CORPUS = twin_corpus()
BOTH = pytest.mark.parametrize("base", ["tiny", "tiny-causal"])


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def same(one: Path, other: Path) -> bool:
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@BOTH
def test_what_there_is_to_learn_is_learned_and_said(trained: Callable[[str, str], Path], base: str) -> None:
    folder = trained(base, "joint")
    record = json.loads((folder / "training.json").read_text())
    best, before = record["best"], record["epochs"][0]
    assert (
        best["validation_perplexity"] < 2 < record["baselines"]["unigram_perplexity"] < before["validation_perplexity"]
    )
    assert best["strategy_accuracy"] > 0.9 > record["baselines"]["majority_accuracy"]
    engine = load_engine(
        EngineSpec("causal" if base == "tiny-causal" else "seq2seq", str(folder), decoding=(("do_sample", False),))
    )
    replies = engine.reply([Context(heard(asked), 1) for asked, _ in LINES.values()])
    said = {(reply.strategy, reply.text.lower()) for reply in replies}  # type: ignore[union-attr]
    expected = {
        (name, answer.replace(" ?", "?").replace(" .", ".").replace(" ,", ",")) for name, (_, answer) in LINES.items()
    }
    assert len(said & expected) >= 7


def test_a_vanilla_training_sees_no_strategies(trained: Callable[[str, str], Path]) -> None:
    folder = trained("tiny", "vanilla")
    record = json.loads((folder / "training.json").read_text())
    assert record["best"]["strategy_accuracy"] is None
    assert record["baselines"]["majority_accuracy"] is None
    assert "Question]" not in (folder / "tokenizer.json").read_text()
    assert json.loads((folder / "generation.json").read_text())["trained"] == "vanilla"


@pytest.mark.parametrize("stop", [1, 8, 13, 23])
def test_a_training_that_was_stopped_ends_as_if_it_never_had_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    config = small(epochs=3, save_every=4)
    teach(CORPUS, config, tmp_path / "whole", device="cpu")
    step = Training._step

    def stopped(self: Training, group: list[object]) -> float:
        if self.progress.step == stop:
            raise KeyboardInterrupt
        return step(self, group)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Training, "_step", stopped)
        with pytest.raises(KeyboardInterrupt):
            teach(CORPUS, config, tmp_path / "parts", device="cpu")
    assert not (tmp_path / "parts" / "generation.json").exists()
    torch.rand(7)  # somebody else throws the dice meanwhile
    teach(CORPUS, config, tmp_path / "parts", device="cpu")
    assert same(tmp_path / "whole", tmp_path / "parts")
    for name in ("training.json", "loss.svg", "generation.json"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()
    assert not (tmp_path / "parts" / "unfinished").exists()


KILLED = """
import os, signal, torch
from pathlib import Path
from modelserve.training.teaching import teach
from tests.modelserve.training.conftest import small
from tests.modelserve.training.twin import twin_corpus
torch.set_num_threads(1)
save, written = torch.save, []
def half(content, file):
    written.append(1)
    if len(written) == 6:
        file.write(b"half of a state")
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    save(content, file)
torch.save = half
teach(twin_corpus(), small(epochs=3, save_every=4), Path("{out}"), device="cpu")
"""


def test_a_training_killed_while_it_wrote_its_state_goes_on_from_the_one_before(tmp_path: Path) -> None:
    path = os.pathsep.join([str(ROOT / "platform"), str(ROOT)])
    program = KILLED.replace("{out}", str(tmp_path / "parts"))
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == -signal.SIGKILL
    config = small(epochs=3, save_every=4)
    teach(CORPUS, config, tmp_path / "parts", device="cpu")
    teach(CORPUS, config, tmp_path / "whole", device="cpu")
    assert same(tmp_path / "whole", tmp_path / "parts")


def test_small_batches_that_make_one_step_are_one_large_batch(tmp_path: Path) -> None:
    still = replace(SETTINGS["shape"], dropout=0.0)  # type: ignore[type-var]
    losses = []
    for size, accumulate in ((8, 1), (2, 4)):
        config = small(epochs=1, shape=still, batch_size=size, accumulate=accumulate)
        losses.append(teach(CORPUS, config, tmp_path / str(size), device="cpu").progress.losses)
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_the_best_epoch_is_kept_and_not_the_last(tmp_path: Path) -> None:
    """A rate that is much too high spoils what the first steps learned."""
    taught = teach(CORPUS, small(epochs=4, learning_rate=0.5, warmup_steps=0), tmp_path / "out", device="cpu")
    perplexities = [epoch.validation_perplexity for epoch in taught.progress.epochs]
    assert taught.progress.best.validation_perplexity == min(perplexities)
    again = teach(CORPUS, small(epochs=0), tmp_path / "before", device="cpu")
    if taught.progress.best.number == 0:
        assert same(tmp_path / "out", tmp_path / "before")
    assert again.progress.best.number == 0


@pytest.mark.parametrize("architecture", ["seq2seq", "causal"])
def test_a_checkpoint_of_somebody_else_is_taken_further(tmp_path: Path, architecture: str) -> None:
    base = tiny_checkpoint(tmp_path / "base", architecture, "vanilla")  # type: ignore[arg-type]
    taught = teach(CORPUS, small(str(base), shape=None, epochs=2), tmp_path / "out", device="cpu")
    before, *_, after = taught.progress.epochs
    assert after.validation_perplexity < before.validation_perplexity
    assert len(load_engine(EngineSpec(architecture, str(tmp_path / "out"))).speaks) == 8  # type: ignore[arg-type]


def test_no_epochs_leave_a_checkpoint_as_it_is_and_let_it_speak(tmp_path: Path) -> None:
    base = tiny_checkpoint(tmp_path / "base", "seq2seq", "vanilla")
    teach(CORPUS, small(str(base), "vanilla", shape=None, epochs=0), tmp_path / "out", device="cpu")
    assert same(base, tmp_path / "out")
    assert load_engine(EngineSpec("seq2seq", str(tmp_path / "out"))).speaks == {"Others"}


def test_a_state_of_other_settings_is_not_taken_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Training, "_step", lambda self, group: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            teach(CORPUS, small(), tmp_path, device="cpu")
    with pytest.raises(FileRefusal, match=r"learning_rate was 0\.005, is 0\.1"):
        teach(CORPUS, small(learning_rate=0.1), tmp_path, device="cpu")
    with pytest.raises(FileRefusal, match="file was 'twin of 20', is 'twin of 30'"):
        teach(twin_corpus(30), small(), tmp_path, device="cpu")


def test_a_finished_checkpoint_is_not_written_over(trained: Callable[[str, str], Path]) -> None:
    with pytest.raises(FileRefusal, match="there is a checkpoint here already"):
        teach(CORPUS, small(), trained("tiny", "joint"), device="cpu")


def test_too_few_conversations_cannot_be_split(tmp_path: Path) -> None:
    with pytest.raises(FileRefusal, match="too few conversations to be split"):
        teach(twin_corpus(2), small(), tmp_path, device="cpu")


def test_a_base_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefusal, match="this checkpoint cannot be loaded"):
        teach(CORPUS, small(str(tmp_path), shape=None), tmp_path / "out", device="cpu")
