"""What a training starts from: a checkpoint somebody else trained, or a tokenizer and a model made from nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import cast

import torch
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from esc.errors import FileRefusal
from modelserve.engines.shares import TABLE_3
from modelserve.engines.tensors.checkpoint import (
    Architecture,
    Checkpoint,
    architecture_of,
    positions_of,
    read_model,
    readable,
    vocabulary_of,
)
from modelserve.engines.tensors.generation import Decoding, Generation, token_of
from modelserve.engines.tensors.prompt import Words
from modelserve.training.config import TINY, TrainingConfig
from modelserve.training.pieces import Dialogue, Piece
from modelserve.training.tiny import add_tokens, make_model, make_tokenizer

# An OpenAI-compatible server that is given a causal one flattens a chat as training does: what each said, and its end.
CHAT = (
    "{% for message in messages %}{% if message['role'] != 'system' %}"
    "{{ message['content'] }}{{ eos_token }}{% endif %}{% endfor %}"
)


def start(
    config: TrainingConfig, dialogues: Sequence[Dialogue], pieces: Sequence[Piece], strategies: Sequence[str]
) -> Checkpoint:
    """Weights in fp32 on the CPU, a tokenizer that knows the strategies, and the generation.json it will have.

    `dialogues` and `pieces` are the training's alone: a tokenizer from nothing learns its words from the first, and
    the shares of strategies that are not the paper's come from the second. Raises FileRefusal for a base that cannot
    be loaded, or that has no end of text.
    """
    names = tuple(strategies) if config.with_strategies else ()
    architecture: Architecture
    if config.base in TINY:
        architecture = "causal" if config.base == "tiny-causal" else "seq2seq"
        tokenizer, model = _from_nothing(config, architecture, dialogues, names)
    else:
        architecture = architecture_of(config.base)
        tokenizer, model = _from_somebody(config.base, architecture, names)
    if architecture == "causal":
        tokenizer.chat_template = CHAT
    positions = positions_of(model)
    generation = Generation(
        architecture=architecture,
        trained="strategy" if names else "vanilla",
        variant=config.variant,
        strategies=names,
        strategy_shares=_shares(pieces, names),
        context_utterances=config.context_utterances,
        max_context_tokens=min(config.max_context_tokens, positions),
        lower_case=_lower_case(tokenizer),
        decoding=Decoding(max_new_tokens=min(Decoding().max_new_tokens, positions // 2)),
    )
    return Checkpoint(model, Words(tokenizer, generation), generation)


def _from_nothing(
    config: TrainingConfig, architecture: Architecture, dialogues: Sequence[Dialogue], strategies: Sequence[str]
) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    assert config.shape
    tokenizer = make_tokenizer((heard.text for dialogue in dialogues for heard in dialogue), config.shape)
    add_tokens(tokenizer, [token_of(name) for name in strategies])
    return tokenizer, make_model(architecture, tokenizer, config.shape, config.seed)


def _from_somebody(
    base: str, architecture: Architecture, strategies: Sequence[str]
) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    with readable(base):
        tokenizer = cast("PreTrainedTokenizerBase", AutoTokenizer.from_pretrained(base))
        model = read_model(base, architecture, dtype=torch.float32)
    if tokenizer.eos_token_id is None:
        raise FileRefusal(base, "its tokenizer has no end-of-text token, which ends every utterance here")
    known = tokenizer.get_vocab()
    add_tokens(
        cast("PreTrainedTokenizerFast", tokenizer), [t for name in strategies if (t := token_of(name)) not in known]
    )
    if len(tokenizer) > vocabulary_of(model):
        model.resize_token_embeddings(len(tokenizer))  # new rows begin as the others are on average
        for side in ("encoder", "decoder"):  # an encoder with a configuration of its own is not told (T5Gemma)
            own = getattr(model.config, side, None)
            if own is not None and hasattr(own, "vocab_size"):
                own.vocab_size = len(tokenizer)
    return tokenizer, model


def _shares(pieces: Sequence[Piece], strategies: Sequence[str]) -> dict[str, float]:
    """What `random` will draw from: Table 3 for the paper's strategies, else how often the training used each."""
    if set(strategies) == set(TABLE_3):
        return {name: TABLE_3[name] for name in strategies}
    counts = Counter(piece.target.strategy for piece in pieces)
    return {name: counts[name] for name in strategies}


def _lower_case(tokenizer: PreTrainedTokenizerBase) -> bool:
    ids = tokenizer("Hello I", add_special_tokens=False)["input_ids"]
    text = str(tokenizer.decode(ids))
    return text == text.lower() and bool(text.strip())
