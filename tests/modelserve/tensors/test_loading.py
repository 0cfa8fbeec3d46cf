"""From plain values to an engine, and every checkpoint that cannot speak, in words that say what to do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from esc.errors import FileRefusal
from modelserve.engines.loading import EngineSpec, checkpoint_hash, load_engine
from modelserve.engines.tensors.generation import FILE, Decoding
from tests.modelserve.checkpoints import tiny_checkpoint

ROOT = Path(__file__).resolve().parents[3]
Checkpoints = Callable[[str, str], Path]


@pytest.fixture
def folder(checkpoints: Checkpoints, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(checkpoints("seq2seq", "strategy"), tmp_path / "checkpoint"))


def refusal_of(folder: Path | str, **changed: Any) -> str:
    settings: dict[str, Any] = {"engine": "seq2seq", "checkpoint": str(folder), "device": "cpu", **changed}
    with pytest.raises(FileRefusal) as refused:
        load_engine(EngineSpec(**settings))
    return str(refused.value)


def rewritten(folder: Path, **changed: Any) -> Path:
    path = folder / FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))
    return folder


def test_a_checkpoint_speaks_as_its_file_says(checkpoints: Checkpoints) -> None:
    engine = load_engine(EngineSpec("causal", str(checkpoints("causal", "strategy")), device="cpu"))
    assert len(engine.speaks) == 8


def test_an_engine_without_weights_needs_no_torch() -> None:
    """In a process of its own, where torch cannot be imported at all."""
    program = (
        "import sys; sys.modules['torch'] = None; sys.modules['openai'] = None\n"
        "from modelserve.engines.loading import EngineSpec, load_engine\n"
        "from esc.errors import FileRefusal\n"
        "assert load_engine(EngineSpec('scripted')).speaks\n"
        "for engine in ('seq2seq', 'openai'):\n"
        "    try: load_engine(EngineSpec(engine, 'x'))\n"
        "    except FileRefusal as refusal: print(refusal)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    first, second = done.stdout.splitlines()
    assert first == "engine: torch is not installed. Install the model extra: pip install 'esc-platform[model]'"
    assert second.startswith("engine: openai is not installed.")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert "there is no such folder, and no such name at the hub" in refusal_of(tmp_path / "nowhere")


def test_a_name_at_the_hub_is_loaded_from_what_this_machine_has_of_it(folder: Path, tmp_path: Path) -> None:
    """The hub's own code, cut off from the network, over a cache as it lays one out."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    cached = tmp_path / "cache" / "models--somebody--supporter"
    (cached / "snapshots").mkdir(parents=True)
    folder.rename(cached / "snapshots" / commit)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(commit)
    program = (
        "from esc.errors import FileRefusal\nfrom modelserve.engines.loading import *\n"
        "engine = load_engine(EngineSpec('seq2seq', 'somebody/supporter', device='cpu'))\n"
        "print(len(engine.speaks), checkpoint_hash('somebody/supporter'))\n"
        "try: load_engine(EngineSpec('seq2seq', 'somebody/else'))\n"
        "except FileRefusal as refusal: print(refusal)\n"
    )
    environment = {**os.environ, "HF_HUB_CACHE": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment, cwd=ROOT
    )
    assert done.stdout.splitlines() == [
        f"8 {commit}",
        "somebody/else: there is no such folder, and the hub cannot be reached for the name",
    ]


def test_a_checkpoint_without_its_file_says_how_to_make_one(folder: Path) -> None:
    (folder / FILE).unlink()
    said = refusal_of(folder)
    assert "there is no generation.json beside the checkpoint" in said
    assert "--epochs 0" in said


def test_weights_that_are_cut_short(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1_000])
    assert "this checkpoint cannot be loaded:" in refusal_of(folder)


def test_a_tokenizer_without_a_strategy(folder: Path) -> None:
    names = [*json.loads((folder / FILE).read_text())["strategies"], "Silence"]
    said = refusal_of(rewritten(folder, strategies=names, strategy_shares=dict.fromkeys(names, 1)))
    assert "its tokenizer lacks the tokens of strategies: [Silence]" in said


def test_a_tokenizer_of_another_checkpoint(folder: Path) -> None:
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["added_tokens"].append({**tokenizer["added_tokens"][-1], "id": 900, "content": "[More]"})
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    assert "its weights" in refusal_of(folder).replace("tokens and", "tokens and its")


def test_the_other_architecture(folder: Path) -> None:
    assert "this is a seq2seq checkpoint, and not a causal one" in refusal_of(folder, engine="causal")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"variant": "vanilla"}, "a checkpoint trained as 'strategy' speaks as joint or random or oracle"),
        ({"strategies": []}, "strategies are named exactly where"),
        ({"strategy_shares": {"Question": 1}}, "strategy_shares names each of the strategies"),
        ({"temprature": 1}, "temprature: Extra inputs are not permitted"),
        ({"decoding": {"top_p": 0}}, "decoding.top_p: Input should be greater than 0"),
        ({"decoding": {"min_new_tokens": 9, "max_new_tokens": 8}}, "min_new_tokens is greater than max_new_tokens"),
        ({"decoding": {"max_new_tokens": 400}}, "max_new_tokens is 401 with the strategy, and the model has 128"),
    ],
)
def test_a_file_that_says_what_cannot_be(folder: Path, changed: dict[str, Any], said: str) -> None:
    assert said in refusal_of(rewritten(folder, **changed))


def test_a_file_that_is_no_json(folder: Path) -> None:
    (folder / FILE).write_text("{")
    assert "generation.json: this file cannot be read" in refusal_of(folder)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"decoding": (("beams", 4),)}, "decoding.beams: Extra inputs are not permitted"),
        ({"decoding": (("temperature", 0),)}, "decoding.temperature: Input should be greater than 0"),
        ({"variant": "oracle"}, "variant: oracle needs the strategy that a person chose"),
        ({"device": "abacus"}, "'abacus' is no device"),
        ({"device": "cuda:99"}, "device: "),
    ],
)
def test_a_setting_that_cannot_be(folder: Path, changed: dict[str, Any], said: str) -> None:
    assert said in refusal_of(folder, **changed)


def test_a_causal_reply_leaves_room_for_a_context(tmp_path: Path) -> None:
    folder = tiny_checkpoint(tmp_path, "causal", decoding=Decoding(max_new_tokens=120))
    assert "128 positions leave 7 for a context; lower max_new_tokens" in refusal_of(folder, engine="causal")


def test_the_same_bytes_have_the_same_hash_and_other_bytes_another(folder: Path, checkpoints: Checkpoints) -> None:
    before = checkpoint_hash(str(folder))
    assert before == checkpoint_hash(str(checkpoints("seq2seq", "strategy")))
    assert len(before) == 64
    (folder / "training.json").write_text("{}")
    (folder / "loss.svg").write_text("<svg/>")
    assert checkpoint_hash(str(folder)) == before
    seen = {before}
    for change in ("generation.json", "tokenizer.json", "config.json", "model.safetensors"):
        with (folder / change).open("ab") as file:
            file.write(b" ")
        seen.add(checkpoint_hash(str(folder)))
    assert len(seen) == 5


def test_a_spec_is_hashable_so_that_a_process_can_keep_its_engine() -> None:
    spec = EngineSpec("seq2seq", "there", decoding=(("top_k", 5),))
    assert hash(spec) == hash(EngineSpec("seq2seq", "there", decoding=(("top_k", 5),)))
