"""A checkpoint of BlenderBot-small's shape with random weights: what it says is babble, what it costs is real."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import torch
from tokenizers import Tokenizer
from transformers import BlenderbotSmallConfig, BlenderbotSmallForConditionalGeneration, PreTrainedTokenizerFast

from esc.ontology import Role, Strategy
from modelserve.engines.base import Context, Heard
from modelserve.engines.shares import TABLE_3
from modelserve.engines.tensors.generation import Decoding, Generation, token_of, write_generation
from modelserve.training.tiny import Shape, add_tokens, make_tokenizer

VOCABULARY = 54_944
WORDS = tuple(
    "i feel you know what my work friend when think really time about that people mother long night talk help".split()
    + "today alone never always hard better week sleep money school exam lost angry sad tired listen hope".split()
)
NEW_TOKENS = 25  # a supporter's utterance has 20.2 words (paper, Table 2); every reply gets as many, whatever it says


def write_shape(folder: Path) -> None:
    """The checkpoint in that folder: d_model 512, 8 + 8 layers, 16 heads, ffn 2048: 87.5 million random weights."""
    strategies = tuple(strategy.value for strategy in Strategy)
    tokenizer = _tokenizer([token_of(name) for name in strategies])
    torch.manual_seed(0)
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    config = BlenderbotSmallConfig(
        vocab_size=VOCABULARY,
        pad_token_id=tokenizer.pad_token_id,
        decoder_start_token_id=tokenizer.bos_token_id,
        forced_eos_token_id=None,
        **ends,
    )
    BlenderbotSmallForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    generation = Generation(
        architecture="seq2seq",
        trained="strategy",
        variant="joint",
        strategies=strategies,
        strategy_shares=TABLE_3,
        decoding=Decoding(min_new_tokens=NEW_TOKENS, max_new_tokens=NEW_TOKENS),
    )
    write_generation(generation, folder)


def _tokenizer(added: list[str]) -> PreTrainedTokenizerFast:
    """A small one, filled up with words that nobody writes, so that every row of the weights has its word."""
    small = make_tokenizer(WORDS, Shape(vocabulary=400))
    parts = json.loads(small.backend_tokenizer.to_str())
    vocabulary = parts["model"]["vocab"]
    for number in range(VOCABULARY - len(added) - len(vocabulary)):
        vocabulary[f"Ġw{number:05}"] = len(vocabulary)
    ends = {"pad_token": small.pad_token, "bos_token": small.bos_token, "eos_token": small.eos_token}
    whole = Tokenizer.from_str(json.dumps(parts))
    made = PreTrainedTokenizerFast(tokenizer_object=whole, **ends)  # type: ignore[no-untyped-call]
    add_tokens(made, added)
    assert len(made) == VOCABULARY
    return made


def context(number: int) -> Context:
    """A chat in which four utterances of about the corpus' length were the last (15.7 and 20.2 words, Table 2)."""
    dice = Random(number)
    said = []
    for place in range(4):
        role = Role.SEEKER if place % 2 else Role.SUPPORTER
        words = dice.choices(WORDS, k=round(dice.gauss(15.7 if role is Role.SEEKER else 20.2, 5)) or 1)
        said.append(Heard(role, " ".join(words), Strategy.QUESTION.value if role is Role.SUPPORTER else ""))
    return Context(tuple(said), number)
