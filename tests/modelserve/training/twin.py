"""A made-up corpus with something to learn in it: each strategy answers a word of the seeker's, in its own words."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from esc.ontology import Role, Strategy
from modelserve.engines.base import Heard
from modelserve.training.pieces import Dialogue
from modelserve.training.teaching import Corpus

STRATEGIES = tuple(strategy.value for strategy in Strategy)
LINES = {
    "Question": ("i feel sad today", "what made you sad today ?"),
    "Restatement or Paraphrasing": ("my boss shouted at me", "so your boss was loud with you ."),
    "Reflection of feelings": ("nobody calls me back", "that must feel lonely ."),
    "Self-disclosure": ("have you moved too", "others told me that moving was hard ."),
    "Affirmation and Reassurance": ("i wrote to my sister", "that was brave of you ."),
    "Providing Suggestions": ("what should i do now", "maybe a walk could help you ."),
    "Information": ("is there a number to call", "there are lines that listen all night ."),
    "Others": ("hello there", "hello , i am glad that you are here ."),
}


def twin(conversations: int = 20, turns: int = 5, seed: int = 1) -> list[Dialogue]:
    """So many conversations of so many turns of each side."""
    dice = Random(seed)
    return [_dialogue(dice.choices(list(LINES), k=turns)) for _ in range(conversations)]


def _dialogue(strategies: list[str]) -> Dialogue:
    return tuple(
        heard
        for name in strategies
        for heard in (Heard(Role.SEEKER, LINES[name][0]), Heard(Role.SUPPORTER, LINES[name][1], name))
    )


def twin_corpus(conversations: int = 20) -> Corpus:
    return Corpus(twin(conversations), STRATEGIES, f"twin of {conversations}")


def written(folder: Path, conversations: int = 20) -> Path:
    """The same as a file in the release's format."""
    records = [
        {
            "dialog": [
                {
                    "speaker": heard.role.value,
                    "annotation": {"strategy": heard.strategy} if heard.strategy else {},
                    "content": heard.text,
                }
                for heard in dialogue
            ]
        }
        for dialogue in twin(conversations)
    ]
    path = folder / "twin.json"
    path.write_text(json.dumps(records), encoding="utf-8")
    return path
