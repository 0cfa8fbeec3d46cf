"""From a finished training to a checkpoint that serves: its files, in an order in which half of them is none."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelserve.engines.tensors.checkpoint import Checkpoint
from modelserve.engines.tensors.generation import FILE, write_generation

RECORD = "training.json"


def write_checkpoint(checkpoint: Checkpoint, out: Path, record: Mapping[str, Any]) -> None:
    """The folder holds weights, tokenizer, training.json and, last of all, generation.json: without it none serves."""
    out.mkdir(parents=True, exist_ok=True)
    (out / FILE).unlink(missing_ok=True)
    tell_others(checkpoint)
    checkpoint.model.save_pretrained(out)
    checkpoint.words.tokenizer.save_pretrained(out)
    (out / RECORD).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    new = out / "unfinished-generation"
    new.mkdir(exist_ok=True)
    write_generation(checkpoint.generation, new)
    os.replace(new / FILE, out / FILE)
    new.rmdir()


def tell_others(checkpoint: Checkpoint) -> None:
    """Other servers, which do not know generation.json, find the same settings in generation_config.json."""
    decoding, told = checkpoint.generation.decoding, checkpoint.model.generation_config
    assert told is not None
    told.do_sample = decoding.do_sample
    told.top_k, told.top_p, told.temperature = decoding.top_k, decoding.top_p, decoding.temperature
    told.repetition_penalty = decoding.repetition_penalty
    told.max_new_tokens = decoding.max_new_tokens + bool(checkpoint.words.strategies)


def read_record(folder: Path) -> dict[str, Any] | None:
    """How the checkpoint in that folder was made; None where it does not say."""
    try:
        found: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found
