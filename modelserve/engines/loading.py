"""From plain values to an engine, and the hash that says which checkpoint speaks. torch is imported where needed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from esc.errors import FileRefusal
from modelserve.engines.base import Engine
from modelserve.engines.scripted.engine import ScriptedEngine
from modelserve.engines.spec import EngineSpec

__all__ = ["EngineSpec", "checkpoint_hash", "load_engine"]

# What a reply depends on: the weights, the words, and how it is drawn.
SPEAKS = ("*.safetensors", "*.bin", "*.json", "*.txt", "*.model", "*.jinja")
# How a checkpoint was made says nothing about what it says.
SILENT = frozenset({"training.json"})
BLOCK = 1 << 20  # bytes read at once


def load_engine(spec: EngineSpec, *, offline: bool = False) -> Engine:
    """The engine, with its weights in memory and warm, ready in this process.

    Raises FileRefusal where it cannot be: `place` is the checkpoint or the setting at fault, `reason` says in plain
    words what is missing and what to do. The `oracle` variant is refused unless `offline`: in a chat nobody could give
    it a strategy. An endpoint need not be up to be loaded. What comes back is for one thread at a time.
    """
    if spec.variant == "oracle" and not offline:
        raise FileRefusal("variant", "oracle needs the strategy that a person chose, so it cannot sit in a chat")
    match spec.engine:
        case "scripted":
            return ScriptedEngine()
        case "openai":
            with needs("openai"):
                from modelserve.engines.endpoint.engine import load_endpoint
            return load_endpoint(spec)
        case "seq2seq" | "causal":
            with needs("torch", "transformers"):
                from modelserve.engines.tensors.engine import load_tensors
            return load_tensors(spec)


def checkpoint_hash(checkpoint: str) -> str:
    """Which checkpoint that is: the same as long as it says the same, another as soon as a byte of it differs.

    A folder: SHA-256 (64 hex digits) over the names and contents of the files at its top that decide what is said:
    weights, tokenizer, configuration and generation.json. A hub name: the commit (40 hex digits) that this machine
    has or, where it has none, fetches. Raises FileRefusal where there is neither. Reads all of the weights: a second
    for a few hundred MB, so ask once for a loaded engine and not for every reply.
    """
    folder = Path(checkpoint)
    if not folder.is_dir():
        return _commit_of(checkpoint)
    digest = hashlib.sha256()
    names = {path.name for pattern in SPEAKS for path in folder.glob(pattern) if path.is_file()} - SILENT
    for name in sorted(names):
        digest.update(f"{name}\0{(folder / name).stat().st_size}\0".encode())
        with (folder / name).open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    return digest.hexdigest()


def _commit_of(name: str) -> str:
    with needs("huggingface_hub"):
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
    try:
        return Path(hf_hub_download(name, "config.json")).parent.name
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise FileRefusal(name, f"this is no folder here, and the hub did not give it either: {error}") from error


@contextmanager
def needs(*packages: str) -> Iterator[None]:
    """What is imported in here belongs to the `model` extra. Raises FileRefusal where it is not installed."""
    try:
        yield
    except ImportError as error:
        if (error.name or "").split(".")[0] not in packages:
            raise
        raise FileRefusal(
            "engine", f"{error.name} is not installed. Install the model extra: pip install 'esc-platform[model]'"
        ) from error
