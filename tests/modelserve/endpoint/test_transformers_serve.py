"""A server that nobody here wrote, with a causal checkpoint that was trained here, in the supporter's seat."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from modelserve.engines.base import Context, Engine, Failure, Reply
from modelserve.engines.loading import EngineSpec, load_engine
from modelserve.engines.tensors.prompt import Words
from tests.modelserve.talks import heard
from tests.modelserve.tensors.test_prompt import HOW, words_in
from tests.modelserve.training.twin import LINES

CONTEXTS = [Context(heard(asked), seed) for seed, (asked, _answer) in enumerate(LINES.values())]


@contextmanager
def serving(checkpoint: Path, log: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`transformers serve` over that checkpoint, up; its address and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "transformers"), "serve", str(checkpoint)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*command, "--device", "cpu", "--port", str(port)], env=environment, stdout=said, stderr=said
        )
        try:
            wait_until_up(f"http://127.0.0.1:{port}/health", process, log)
            yield f"http://127.0.0.1:{port}/v1", process
        finally:
            process.kill()
            process.wait()


def wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"transformers serve did not come up: {log.read_text()[-2_000:]}")


def seated(url: str, checkpoint: Path) -> Engine:
    asked = (("context_utterances", 4), ("max_new_tokens", 40))
    return load_engine(
        EngineSpec("openai", str(checkpoint), base_url=url, decoding=asked, timeout=10.0, retries=0, concurrency=4)
    )


def test_it_answers_in_the_strategies_it_learned_and_dies_well(
    trained: Callable[[str, str], Path], tmp_path: Path
) -> None:
    checkpoint = trained("tiny-causal", "joint")
    with serving(checkpoint, tmp_path / "log") as (url, process):
        engine = seated(url, checkpoint)
        replies = engine.reply(CONTEXTS)
        said = [reply for reply in replies if isinstance(reply, Reply)]
        assert len(said) >= 6, replies
        assert len({reply.strategy for reply in said}) >= 4
        assert all(reply.text and "[" not in reply.text for reply in said)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert [type(reply) for reply in engine.reply(CONTEXTS[:3])] == [Failure] * 3


def test_a_chat_reads_there_as_it_was_learned_here(trained: Callable[[str, str], Path]) -> None:
    """The chat template makes of messages what training makes of utterances, without the task that stands first."""
    words: Words = words_in(trained("tiny-causal", "joint"))
    messages = [
        {"role": "system", "content": "You are the supporter."},
        {"role": "user", "content": "i feel sad"},
        {"role": "assistant", "content": "[Question] How do you sleep?"},
        {"role": "user", "content": "Badly."},
    ]
    made: Any = words.tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True)
    assert list(dict(made)["input_ids"]) == words.context([*heard("i feel sad"), HOW, *heard("Badly.")], 100)


def test_another_server_is_told_how_we_draw(trained: Callable[[str, str], Path]) -> None:
    told = json.loads((trained("tiny-causal", "joint") / "generation_config.json").read_text())
    assert (told["do_sample"], told["top_k"], told["top_p"], told["temperature"]) == (True, 30, 0.9, 0.7)
    assert told["repetition_penalty"] == 1.03
