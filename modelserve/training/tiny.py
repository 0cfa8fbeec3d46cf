"""A tokenizer and a model made from nothing: one of each of the paper's two kinds, a hundredth of their size.

They serve where no weights can be fetched: to prove the whole way from a corpus to a chat, in minutes on a CPU.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from tokenizers import AddedToken, Tokenizer, decoders, normalizers, pre_tokenizers, trainers
from tokenizers.models import BPE
from transformers import (
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    T5GemmaConfig,
    T5GemmaForConditionalGeneration,
)
from transformers.models.t5gemma import T5GemmaModuleConfig

from modelserve.engines.tensors.checkpoint import without_habits

SPREAD = 0.06  # of the first random weights of an encoder and decoder; wide models' 0.02 is too faint for narrow ones
PAD, START, END = "<pad>", "<s>", "</s>"


@dataclass(frozen=True)
class Shape:
    """How large a model from nothing is."""

    vocabulary: int = 1_500
    width: int = 96
    layers: int = 2
    heads: int = 4
    inner: int = 288
    positions: int = 256
    dropout: float = 0.1


def make_tokenizer(texts: Iterable[str], shape: Shape) -> PreTrainedTokenizerFast:
    """Byte-level BPE over these texts in small letters: so little data must not spell its words in several ways."""
    made = Tokenizer(BPE())
    made.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=shape.vocabulary,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    frame = {"pad_token": PAD, "bos_token": START, "eos_token": END}
    return PreTrainedTokenizerFast(tokenizer_object=made, **frame)  # type: ignore[no-untyped-call]


def add_tokens(tokenizer: PreTrainedTokenizerFast, tokens: Sequence[str]) -> None:
    """These are single tokens from now on. A blank after one belongs to it, as `[Question] How …` is written."""
    tokenizer.add_tokens([AddedToken(token, rstrip=True, normalized=False) for token in tokens])


def make_model(
    architecture: Literal["seq2seq", "causal"], tokenizer: PreTrainedTokenizerFast, shape: Shape, seed: int
) -> PreTrainedModel:
    """A model of that shape with random weights, the same for the same seed.

    Of each kind a family that tells places by their distance: BlenderBot-small and GPT-2, which number them, did not
    learn from so little to choose a strategy.
    """
    torch.manual_seed(seed)
    ends = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    if architecture == "causal":
        model: PreTrainedModel = GPTNeoXForCausalLM(_neox(len(tokenizer), shape, ends))
    else:
        model = T5GemmaForConditionalGeneration(_t5gemma(len(tokenizer), shape, ends))
    return without_habits(model)


def _neox(vocabulary: int, shape: Shape, ends: dict[str, Any]) -> GPTNeoXConfig:
    return GPTNeoXConfig(
        vocab_size=vocabulary,
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.inner,
        max_position_embeddings=shape.positions,
        hidden_dropout=shape.dropout,
        attention_dropout=shape.dropout,
        **ends,
    )


def _t5gemma(vocabulary: int, shape: Shape, ends: dict[str, Any]) -> T5GemmaConfig:
    side = T5GemmaModuleConfig(
        vocab_size=vocabulary,
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        head_dim=shape.width // shape.heads,
        query_pre_attn_scalar=shape.width // shape.heads,
        intermediate_size=shape.inner,
        max_position_embeddings=shape.positions,
        sliding_window=shape.positions,
        initializer_range=SPREAD,
        **ends,
    )
    of_both: dict[str, Any] = {"initializer_range": SPREAD, "decoder_start_token_id": ends["bos_token_id"], **ends}
    return T5GemmaConfig(
        encoder=side,
        decoder=side,
        vocab_size=vocabulary,
        dropout_rate=shape.dropout,
        attention_dropout=shape.dropout,
        tie_word_embeddings=True,
        **of_both,
    )
