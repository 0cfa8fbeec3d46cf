"""A checkpoint in memory: weights, words and generation.json, checked against each other as they are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any, Literal, cast

import torch
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils.logging import disable_progress_bar

from esc.errors import FileRefusal
from modelserve.engines.tensors.generation import FILE, Generation, read_generation, token_of
from modelserve.engines.tensors.prompt import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

Architecture = Literal["seq2seq", "causal"]


@dataclass(frozen=True)
class Checkpoint:
    """Weights on their device in evaluation mode, and everything that turns text into their numbers and back."""

    model: PreTrainedModel
    words: Words
    generation: Generation

    @property
    def positions(self) -> int:
        return positions_of(self.model)

    @property
    def context_budget(self) -> int:
        """Tokens that a context may have. A causal model's positions hold the reply too."""
        reply = self.generation.decoding.max_new_tokens + bool(self.words.strategies)
        room = self.positions - (reply if self.generation.architecture == "causal" else 0)
        return min(self.generation.max_context_tokens, room)


def read_checkpoint(
    checkpoint: str,
    architecture: Architecture,
    *,
    variant: str,
    decoding: Mapping[str, Any],
    device: str,
    precise: bool = False,
) -> Checkpoint:
    """The checkpoint of a folder or a hub name, to speak as `variant`. Raises FileRefusal saying what does not fit.

    Weights are bf16 on a GPU, unless it is to be `precise`, and fp32 on a CPU.
    """
    generation = read_generation(_folder_of(checkpoint)).speaking_as(variant, decoding)
    if generation.architecture != architecture:
        raise FileRefusal(checkpoint, f"this is a {generation.architecture} checkpoint, and not a {architecture} one")
    where = device_named(device)
    with readable(checkpoint):
        tokenizer = cast("PreTrainedTokenizerBase", AutoTokenizer.from_pretrained(checkpoint))
        half = where.type == "cuda" and not precise
        model = read_model(checkpoint, architecture, dtype=torch.bfloat16 if half else torch.float32)
    made = Checkpoint(model.to(where).eval(), Words(tokenizer, generation), generation)  # type: ignore[arg-type]
    _check_words(made, checkpoint)
    _check_lengths(made, checkpoint)
    return made


def read_model(checkpoint: str, architecture: Architecture, *, dtype: torch.dtype) -> PreTrainedModel:
    """The weights of a folder or a hub name, ready to generate by our settings alone."""
    disable_progress_bar()  # type: ignore[no-untyped-call]  # a worker's log is no terminal
    kind = AutoModelForSeq2SeqLM if architecture == "seq2seq" else AutoModelForCausalLM
    model = cast("PreTrainedModel", kind.from_pretrained(checkpoint, dtype=dtype))
    return without_habits(model)


def without_habits(model: PreTrainedModel) -> PreTrainedModel:
    """The same model; of its own settings for generating (beams, lengths, bans) only the frame of a text is left."""
    start = model.generation_config.decoder_start_token_id if model.generation_config else None
    start = getattr(model.config, "decoder_start_token_id", None) if start is None else start
    model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
        decoder_start_token_id=start,
        bos_token_id=model.config.bos_token_id,
        eos_token_id=model.config.eos_token_id,
        pad_token_id=model.config.pad_token_id,
    )
    return model


def architecture_of(checkpoint: str) -> Architecture:
    """What its configuration says it is. Raises FileRefusal where there is no checkpoint."""
    with readable(checkpoint):
        return "seq2seq" if AutoConfig.from_pretrained(checkpoint).is_encoder_decoder else "causal"


def vocabulary_of(model: PreTrainedModel) -> int:
    """How many tokens have weights: as many as the tokenizer has, or more where they were rounded up."""
    return int(model.config.get_text_config().vocab_size)


def positions_of(model: PreTrainedModel) -> int:
    """How many tokens the model can tell the places of; for one without such a limit, a limit that is ample."""
    for config in (model.config, model.config.get_text_config()):
        for name in ("max_position_embeddings", "n_positions"):
            if isinstance(found := getattr(config, name, None), int):
                return found
    return 1 << 16  # relative positions, as T5 has them


@contextmanager
def readable(checkpoint: str) -> Iterator[None]:
    """Whatever transformers finds wrong with a checkpoint in here is refused in words."""
    try:
        yield
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError, UnpicklingError, HfHubHTTPError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise FileRefusal(checkpoint, f"this checkpoint cannot be loaded: {lines[0]}") from error


def _folder_of(checkpoint: str) -> Path:
    """The folder where its generation.json is: itself, or the hub's copy on this machine."""
    folder = Path(checkpoint)
    if folder.is_dir():
        return folder
    try:
        return Path(hf_hub_download(checkpoint, FILE)).parent
    except LocalEntryNotFoundError as error:  # an EntryNotFoundError too, but what it means is that there is no network
        raise FileRefusal(checkpoint, "there is no such folder, and the hub cannot be reached for the name") from error
    except EntryNotFoundError as error:
        raise FileRefusal(
            checkpoint,
            f"the hub has this checkpoint without a {FILE}. Make a folder with one: "
            "manage.py train_supporter FILE --base NAME --out FOLDER, with --epochs 0 if it is to stay as it is",
        ) from error
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        raise FileRefusal(checkpoint, f"there is no such folder, and no such name at the hub: {error}") from error


def device_named(named: str) -> torch.device:
    """That device; for "" a GPU where there is one, else the CPU. Raises FileRefusal for one that is not there."""
    try:
        device = torch.device(named or ("cuda" if torch.cuda.is_available() else "cpu"))
    except RuntimeError as error:
        raise FileRefusal("device", f"{named!r} is no device: expected cpu, cuda or cuda:1") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise FileRefusal("device", f"{named!r} was asked for, and torch finds no GPU here")
    return device


def _check_words(made: Checkpoint, checkpoint: str) -> None:
    tokenizer, known = made.words.tokenizer, made.words.tokenizer.get_vocab()
    if tokenizer.eos_token_id is None:
        raise FileRefusal(checkpoint, "its tokenizer has no end-of-text token")
    missing = [token_of(name) for name in made.generation.strategies if token_of(name) not in known]
    if missing:
        raise FileRefusal(checkpoint, f"its tokenizer lacks the tokens of strategies: {', '.join(missing)}")
    rows = vocabulary_of(made.model)
    if max(known.values()) >= rows:
        raise FileRefusal(checkpoint, f"its tokenizer has {max(known.values()) + 1} tokens and its weights {rows}")


def _check_lengths(made: Checkpoint, checkpoint: str) -> None:
    reply = made.generation.decoding.max_new_tokens + bool(made.words.strategies) + 1  # and where a decoder starts
    if reply > made.positions:
        raise FileRefusal(
            checkpoint, f"max_new_tokens is {reply - 1} with the strategy, and the model has {made.positions} positions"
        )
    if made.context_budget < 16:
        raise FileRefusal(
            checkpoint, f"{made.positions} positions leave {made.context_budget} for a context; lower max_new_tokens"
        )
