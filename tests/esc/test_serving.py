"""Every way to start the server starts it with the same limits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WAYS = ["Dockerfile", "tools/serve.sh", "tests/browser/live.py", "tests/faults/site.py", "benchmarks/machine.py"]


def words_of(way: str) -> str:
    return re.sub(r"[\"',\\\s\[\]]+", " ", (ROOT / way).read_text(encoding="utf-8"))


@pytest.mark.parametrize("way", WAYS)
def test_no_frame_is_taken_into_memory_that_is_longer_than_1_mib(way: str) -> None:
    assert f"--ws-max-size {2**20} " in words_of(way)


@pytest.mark.parametrize("way", WAYS)
def test_no_socket_has_a_compressor(way: str) -> None:
    """It would cost more memory than all the rest of a socket, for messages of a few hundred bytes."""
    assert "--ws-per-message-deflate false " in words_of(way)
