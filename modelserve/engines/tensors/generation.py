"""`generation.json`, which lies beside a checkpoint and which serving obeys: what it reads, and how it speaks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from esc.errors import FileRefusal

FILE = "generation.json"
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "vanilla": ("vanilla",),
    "strategy": ("joint", "random", "oracle"),  # one training, three ways to come to a strategy
}


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Decoding(Part):
    """How a reply is drawn. The first five are the paper's (Appendix C); the lengths are ours, in tokens."""

    do_sample: bool = True  # false: the likeliest token each time, strategy included; the dice are not used
    top_k: Annotated[int, Field(ge=1, le=1_000)] = 30
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.9
    temperature: Annotated[float, Field(gt=0, le=10)] = 0.7
    repetition_penalty: Annotated[float, Field(ge=1, le=10)] = 1.03  # on what the reply has said, not on its context
    min_new_tokens: Annotated[int, Field(ge=1)] = 5
    max_new_tokens: Annotated[int, Field(ge=1, le=1_000)] = 60  # without the strategy's

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.min_new_tokens > self.max_new_tokens:
            raise ValueError("min_new_tokens is greater than max_new_tokens")
        return self


class Generation(Part):
    """All of the file."""

    architecture: Literal["seq2seq", "causal"]
    trained: Literal["vanilla", "strategy"]  # whether strategies' tokens were part of its training
    variant: Literal["vanilla", "joint", "random", "oracle"]  # how it speaks where nobody says otherwise
    strategies: tuple[str, ...] = ()  # names, in the order of their tokens; none for a vanilla one
    strategy_shares: Mapping[str, float] = {}  # what `random` draws from, in any unit
    context_utterances: Annotated[int, Field(ge=1)] = 4  # pieces of 5 (Appendix C): these, and the reply
    max_context_tokens: Annotated[int, Field(ge=16)] = 512
    lower_case: bool = False  # the vocabulary has no capitals: they are put back in a reply
    decoding: Decoding = Decoding()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.variant not in VARIANTS[self.trained]:
            raise ValueError(f"a checkpoint trained as {self.trained!r} speaks as {_or(VARIANTS[self.trained])}")
        if bool(self.strategies) != (self.trained == "strategy"):
            raise ValueError("strategies are named exactly where the checkpoint was trained with them")
        if self.strategies and set(self.strategy_shares) != set(self.strategies):
            raise ValueError("strategy_shares names each of the strategies, and nothing else")
        if any(share < 0 for share in self.strategy_shares.values()):
            raise ValueError("a share in strategy_shares is below 0")
        if self.strategies and not sum(self.strategy_shares.values()):
            raise ValueError("all of strategy_shares is 0")
        return self

    def speaking_as(self, variant: str, decoding: Mapping[str, Any]) -> Generation:
        """The same with another variant ("": its own) and some settings of decoding changed. Raises FileRefusal."""
        changed = {**self.model_dump(), "decoding": {**self.decoding.model_dump(), **decoding}}
        return _validated({**changed, "variant": variant or self.variant}, "variant, decoding")


def token_of(strategy: str) -> str:
    """How a strategy is written in a context and before a reply."""
    return f"[{strategy}]"


def read_generation(folder: Path) -> Generation:
    """What the file beside a checkpoint says. Raises FileRefusal where there is none, or a wrong one."""
    path = folder / FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FileRefusal(
            str(folder),
            f"there is no {FILE} beside the checkpoint; `manage.py train_supporter` writes one, "
            "with --epochs 0 for a checkpoint that is to stay as it is",
        ) from error
    except (OSError, ValueError) as error:
        raise FileRefusal(str(path), f"this file cannot be read: {error}") from error
    return _validated(found, str(path))


def write_generation(generation: Generation, folder: Path) -> None:
    text = json.dumps(generation.model_dump(mode="json"), indent=2, ensure_ascii=False)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def _validated(found: object, place: str) -> Generation:
    try:
        return Generation.model_validate(found)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, fault['loc'])) or 'the file'}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise FileRefusal(place, "; ".join(faults)) from error


def _or(names: tuple[str, ...]) -> str:
    return " or ".join(names)
