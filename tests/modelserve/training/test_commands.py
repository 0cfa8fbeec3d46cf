"""train_supporter and evaluate_supporter as they are typed."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from modelserve.engines.base import Context
from modelserve.engines.loading import EngineSpec, load_engine
from modelserve.training import config
from tests.modelserve.talks import heard
from tests.modelserve.training.conftest import SHAPE
from tests.modelserve.training.twin import written
from tests.real_data import real_file

QUICK = ("--epochs", "2", "--warmup-steps", "5", "--batch-size", "8", "--device", "cpu")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path)


@pytest.fixture(autouse=True)
def small_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "Shape", lambda: SHAPE)


def typed(*words: object) -> str:
    out = StringIO()
    call_command(*map(str, words), stdout=out, stderr=StringIO())
    return out.getvalue()


def test_a_file_becomes_a_checkpoint_and_both_kinds_become_a_table(file: Path, tmp_path: Path) -> None:
    said = typed("train_supporter", file, "--base", "tiny", "--out", tmp_path / "joint", *QUICK)
    assert "before: validation perplexity" in said
    assert "a unigram model has" in said
    assert "epoch 2: validation perplexity" in said
    assert "Kept epoch" in said
    typed("train_supporter", file, "--base", "tiny", "--variant", "vanilla", "--out", tmp_path / "vanilla", *QUICK)
    ElementTree.parse(tmp_path / "joint" / "loss.svg")
    assert load_engine(EngineSpec("seq2seq", str(tmp_path / "joint"))).reply([Context(heard("hello there"), 1)])

    vectors = tmp_path / "vectors.txt"
    vectors.write_text("what 1.0 0.5\n. 0.25 -1.0\nyou -0.5 0.5\n")
    out = tmp_path / "report"
    both = (tmp_path / "joint", tmp_path / "vanilla")
    scored = typed(
        "evaluate_supporter", file, *both, "--out", out, "--samples", 20, "--vectors", vectors, "--device", "cpu"
    )
    report = json.loads((out / "report.json").read_text())
    assert [row["variant"] for row in report["rows"]] == ["vanilla", "joint", "random", "oracle"]
    assert all(row["backbone"] == "tiny" for row in report["rows"])
    vanilla, joint, random, oracle = (row["figures"] for row in report["rows"])
    assert joint["perplexity"] is random["perplexity"] is None
    assert vanilla["perplexity"]["value"] > 1 < oracle["perplexity"]["value"]
    low, high = joint["strategy_accuracy"]["interval_95"]
    assert low <= joint["strategy_accuracy"]["value"] <= high
    assert "strategy_accuracy" not in oracle
    assert -100 <= vanilla["extrema"]["value"] <= 100
    assert len(report["rows"][1]["progress"]) == len(report["corpus_progress"]) == 6
    assert set(report["checkpoints"]) == set(map(str, both))
    table = (out / "report.md").read_text()
    assert table in scored
    assert "| Backbone | Variant | PPL | B-2 | R-L | Extrema | D-1 | D-2 | Acc. | F1 |" in table
    assert "NLTKWordTokenizer" in table
    assert "the test part of twin.json: 4 conversations, 20 replies" in table
    latex = (out / "report.tex").read_text()
    assert latex.count(r"\\") == 5
    assert r"\toprule" in latex


def test_without_word_vectors_the_report_says_so(trained: Callable[[str, str], Path], tmp_path: Path) -> None:
    file = written(tmp_path, 40)
    out = tmp_path / "report"
    words = (trained("tiny", "joint"), "--part", "all", "--limit", 12, "--samples", 0, "--device", "cpu")
    typed("evaluate_supporter", file, *words, "--out", out)
    assert "Extrema: not computed (no word vectors given)" in (out / "report.md").read_text()
    assert json.loads((out / "report.json").read_text())["rows"][0]["figures"]["extrema"] is None


def test_a_checkpoint_that_learned_from_another_file_is_scored_on_all_or_not_at_all(
    trained: Callable[[str, str], Path], file: Path, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="was not trained on this file"):
        typed("evaluate_supporter", file, trained("tiny", "joint"), "--out", tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_a_foreign_label_can_be_mapped(tmp_path: Path) -> None:
    file = written(tmp_path)
    file.write_text(file.read_text().replace('"Question"', '"Greeting"'))
    words = ("train_supporter", file, "--base", "tiny", "--out", tmp_path / "out", *QUICK)
    with pytest.raises(CommandError, match=r"(?s)nothing was trained.*unknown strategy 'Greeting'"):
        typed(*words)
    typed(*words, "--map", "Greeting=Others")
    assert (tmp_path / "out" / "generation.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--epochs", "-1"), "--epochs: expected 0 or more"),
        (("--batch-size", "0"), "--batch-size: expected 1 or more"),
        (("--learning-rate", "2"), "--learning-rate: expected more than 0 and less than 1"),
        (("--tensorboard", "runs"), "TensorBoard is not installed"),
        (("--device", "abacus"), "'abacus' is no device"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)  # cannot be imported
    with pytest.raises(CommandError, match=said):
        typed("train_supporter", file, "--base", "tiny", "--out", tmp_path / "out", *words)


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--samples", "-1"), "--samples: expected 0 or more"), (("--limit", "0"), "--limit: expected 1 or more")],
)
def test_what_cannot_be_scored_is_refused_in_words(
    trained: Callable[[str, str], Path], file: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        typed("evaluate_supporter", file, trained("tiny", "joint"), "--out", tmp_path / "report", *words)


@pytest.mark.real_data
def test_a_real_corpus_is_learned_from(tmp_path: Path) -> None:
    """Two epochs of the small shape; docs/models.md has the whole training, with what it gave."""
    file = real_file("esconv_dialogs_dev.json")
    typed("train_supporter", file, "--base", "tiny", "--out", tmp_path / "out", "--epochs", "2", "--device", "cpu")
    record = json.loads((tmp_path / "out" / "training.json").read_text())
    assert record["pieces"]["training"] > 1_500
    assert record["best"]["validation_perplexity"] < record["baselines"]["unigram_perplexity"]
