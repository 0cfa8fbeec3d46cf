"""Real checkpoints for tests: the shapes of the paper's backbones, tiny, with random weights, made in a moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import torch
from transformers import (
    BlenderbotSmallConfig,
    BlenderbotSmallForConditionalGeneration,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from esc.ontology import Strategy
from modelserve.engines.shares import TABLE_3
from modelserve.engines.tensors.generation import Decoding, Generation, token_of, write_generation
from modelserve.training.tiny import Shape, add_tokens, make_tokenizer
from tests.modelserve.talks import STORY

SHAPE = Shape(vocabulary=400, width=32, layers=2, heads=2, inner=64, positions=128)
DECODING = Decoding(max_new_tokens=20)
STRATEGIES = tuple(strategy.value for strategy in Strategy)


def tiny_checkpoint(
    folder: Path,
    architecture: Literal["seq2seq", "causal"] = "seq2seq",
    variant: Literal["vanilla", "joint", "random", "oracle"] = "joint",
    decoding: Decoding = DECODING,
) -> Path:
    """The folder, with a checkpoint in it that has learned nothing: it babbles, each seed in its own way."""
    strategies = () if variant == "vanilla" else STRATEGIES
    tokenizer = make_tokenizer(STORY, SHAPE)
    add_tokens(tokenizer, [token_of(name) for name in strategies])
    backbone(architecture, tokenizer).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    generation = Generation(
        architecture=architecture,
        trained="strategy" if strategies else "vanilla",
        variant=variant,
        strategies=strategies,
        strategy_shares=TABLE_3 if strategies else {},
        lower_case=True,
        decoding=decoding,
    )
    write_generation(generation, folder)
    return folder


def backbone(architecture: Literal["seq2seq", "causal"], tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    """BlenderBot-small or DialoGPT (which is GPT-2), some thousand weights of either."""
    torch.manual_seed(3)
    ends: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    if architecture == "causal":
        config = GPT2Config(n_embd=32, n_layer=2, n_head=2, n_inner=64, n_positions=SHAPE.positions, **ends)
        return GPT2LMHeadModel(config)
    sides: dict[str, Any] = {
        f"{side}_{name}": value
        for side in ("encoder", "decoder")
        for name, value in {"layers": 2, "attention_heads": 2, "ffn_dim": 64}.items()
    }
    return BlenderbotSmallForConditionalGeneration(
        BlenderbotSmallConfig(
            d_model=32,
            max_position_embeddings=SHAPE.positions,
            decoder_start_token_id=tokenizer.bos_token_id,
            forced_eos_token_id=None,
            **sides,
            **ends,
        )
    )
