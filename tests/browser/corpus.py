"""A made-up corpus in the release's format, from which a model learns in seconds to answer what TALK's seeker says."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from tests.browser.talk import TALK

CONVERSATIONS = 30


def write_corpus(path: Path) -> Path:
    """TALK over and over, its exchanges in any order: what answers a message is in the message alone."""
    dice = Random(5)
    records = []
    for _ in range(CONVERSATIONS):
        dialog = []
        for exchange in dice.sample(TALK, len(TALK)):
            dialog += [
                {"speaker": "seeker", "annotation": {}, "content": exchange.said},
                {"speaker": "supporter", "annotation": {"strategy": exchange.strategy}, "content": exchange.answered},
            ]
        records.append({"dialog": dialog})
    path.write_text(json.dumps(records), encoding="utf-8")
    return path
