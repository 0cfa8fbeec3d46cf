"""Which engine, in plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["scripted", "seq2seq", "causal", "openai"]
Variant = Literal["vanilla", "joint", "random", "oracle"]


@dataclass(frozen=True)
class EngineSpec:
    """One engine in plain values, hashable, so that a process can keep what it made for it.

    A worker gives `timeout × (retries + 1)` less than the lease of a turn, else a slow server's turn is taken twice.
    """

    engine: Kind
    checkpoint: str = ""  # seq2seq, causal: a hub name or a folder; openai: the model's name at the endpoint
    variant: Variant | Literal[""] = ""  # "": the one that the checkpoint's generation.json names
    decoding: tuple[tuple[str, float | int | bool], ...] = ()  # settings in place of generation.json's, by their names
    device: str = ""  # "cpu", "cuda", "cuda:1" …; "": CUDA where there is one, else the CPU
    base_url: str = ""  # openai: where it answers, up to and with /v1
    api_key_env: str = ""  # openai: the environment variable that holds the key; "": the endpoint wants none
    timeout: float = 20.0  # openai: seconds for one try
    retries: int = 2  # openai: tries after the first, each a little later
    concurrency: int = 16  # openai: requests under way at once
