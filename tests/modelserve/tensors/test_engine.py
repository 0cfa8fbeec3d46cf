"""Supporters made of tensors: both architectures, all variants, alone and in a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch

from esc.ontology import Role, Strategy
from modelserve.engines.base import Context, Heard, Reply
from modelserve.engines.shares import TABLE_3
from tests.modelserve.checkpoints import STRATEGIES
from tests.modelserve.talks import STORY, conversation
from tests.modelserve.tensors.conftest import Seat

TALK = conversation(STORY)
CONTEXTS = [Context(tuple(TALK[:length]), seed=length * 1_000) for length in (0, 1, 2, 3, 7, 12, 20)]
BOTH = pytest.mark.parametrize("architecture", ["seq2seq", "causal"])


def said(replies: Sequence[Reply]) -> list[tuple[str, str, int, str]]:
    return [(reply.strategy, reply.text, reply.tokens, reply.prompt_hash) for reply in replies]


@BOTH
@pytest.mark.parametrize("do_sample", [False, True], ids=["greedy", "sampled"])
@pytest.mark.parametrize("variant", ["vanilla", "joint", "random"])
def test_a_batch_answers_like_one_at_a_time(seat: Seat, architecture: str, variant: str, do_sample: bool) -> None:
    engine = seat(architecture, variant, do_sample=do_sample)
    together = said(engine.reply(CONTEXTS))
    assert together == [said(engine.reply([context]))[0] for context in CONTEXTS]
    assert together == said(engine.reply(CONTEXTS[::-1]))[::-1]


@BOTH
def test_greedy_takes_the_likeliest_token_by_the_model_itself(seat: Seat, architecture: str) -> None:
    """Padding and the cache change nothing: each token is what one plain pass over everything before it says."""
    engine = seat(architecture, do_sample=False, repetition_penalty=1.0, min_new_tokens=1)
    batch = engine.pre(CONTEXTS)
    made = engine.core(batch)
    for row, context in enumerate(CONTEXTS):
        prompt = engine.words.context(context.utterances, engine.checkpoint.context_budget)
        said = made[row].tolist()
        if engine.words.eos in said:
            said = said[: said.index(engine.words.eos) + 1]
        logits = _plain_pass(engine.checkpoint.model, architecture, prompt, said)  # (steps, V)
        logits[1:, engine._unspeakable] = -torch.inf
        first = [token for token in range(logits.shape[1]) if token not in engine._names]
        logits[0, first] = -torch.inf
        assert logits.argmax(dim=1).tolist() == said


def _plain_pass(model: Any, architecture: str, prompt: list[int], said: list[int]) -> torch.Tensor:
    with torch.no_grad():
        if architecture == "causal":
            logits: torch.Tensor = model(torch.tensor([[*prompt, *said[:-1]]])).logits[0]
            return logits[len(prompt) - 1 :]
        start = model.generation_config.decoder_start_token_id
        decoder = torch.tensor([[start, *said[:-1]]])
        logits = model(torch.tensor([prompt]), decoder_input_ids=decoder).logits[0]
        return logits


@BOTH
def test_the_same_context_gives_the_same_reply_and_another_seed_another(seat: Seat, architecture: str) -> None:
    engine, context = seat(architecture), CONTEXTS[4]
    assert said(engine.reply([context])) == said(engine.reply([context]))
    others = {engine.reply([replace(context, seed=seed)])[0].text for seed in range(5)}
    assert len(others) > 1


@BOTH
def test_a_seed_may_be_any_64_bit_number(seat: Seat, architecture: str) -> None:
    assert seat(architecture).reply([Context((), seed=2**64 - 1), Context((), seed=0)])


@BOTH
def test_joint_chooses_among_the_strategies_alone_and_row_by_row(seat: Seat, architecture: str) -> None:
    engine = seat(architecture, temperature=5.0, top_p=1.0)
    replies = engine.reply([replace(CONTEXTS[5], seed=seed) for seed in range(60)])
    chosen = Counter(reply.strategy for reply in replies)
    assert set(chosen) <= engine.speaks == set(STRATEGIES)
    assert len(chosen) > 4


@BOTH
def test_random_follows_table_3(seat: Seat, architecture: str) -> None:
    engine = seat(architecture, "random", min_new_tokens=1, max_new_tokens=1)
    drawn = Counter(engine._given([replace(CONTEXTS[0], seed=seed) for seed in range(4_000)]))
    for strategy, count in TABLE_3.items():
        assert drawn[strategy] / 4_000 == pytest.approx(count / 14_854, abs=0.02)
    contexts = [replace(CONTEXTS[5], seed=seed) for seed in range(20)]
    assert [reply.strategy for reply in engine.reply(contexts)] == engine._given(contexts)


@BOTH
def test_oracle_takes_the_strategy_that_it_is_given(seat: Seat, architecture: str) -> None:
    engine = seat(architecture, "oracle")
    given = [replace(CONTEXTS[5], given=strategy) for strategy in STRATEGIES]
    assert tuple(reply.strategy for reply in engine.reply(given)) == STRATEGIES
    assert len({reply.prompt_hash for reply in engine.reply(given)}) == len(STRATEGIES)
    with pytest.raises(ValueError, match=r"oracle was given \[''\]"):
        engine.reply(CONTEXTS[:1])


@BOTH
def test_what_a_vanilla_model_says_is_labelled_others(seat: Seat, architecture: str) -> None:
    engine = seat(architecture, "vanilla")
    assert engine.speaks == {Strategy.OTHERS}
    assert {reply.strategy for reply in engine.reply(CONTEXTS)} == {Strategy.OTHERS}


@BOTH
@pytest.mark.parametrize("variant", ["vanilla", "joint"])
def test_no_token_of_ours_leaks_into_a_text(seat: Seat, architecture: str, variant: str) -> None:
    engine = seat(architecture, variant, temperature=10.0, top_p=1.0, top_k=1_000)
    made = engine.core(engine.pre([replace(CONTEXTS[3], seed=seed) for seed in range(20)]))
    never = set(engine._unspeakable.tolist()) - {engine.words.pad}
    assert not never & set(made[:, 1:].flatten().tolist())


@BOTH
def test_lengths_stay_within_their_limits(seat: Seat, architecture: str) -> None:
    """Contexts that fill every position, and replies that want to go on for ever."""
    long = tuple(Heard(Role.SEEKER, "rent and sleep and work " * 80) for _ in range(4))
    engine = seat(architecture, min_new_tokens=100, max_new_tokens=100)
    (reply,) = engine.reply([Context(long, seed=1)])
    assert reply.tokens == 101
    width = engine.pre([Context(long, seed=1)]).ids.shape[1]
    assert width == engine.checkpoint.context_budget
    assert width + (101 if architecture == "causal" else 0) <= engine.checkpoint.positions


@BOTH
def test_a_reply_has_its_fewest_tokens(seat: Seat, architecture: str) -> None:
    engine = seat(architecture, min_new_tokens=7, max_new_tokens=9)
    tokens = [reply.tokens for reply in engine.reply([replace(CONTEXTS[2], seed=seed) for seed in range(30)])]
    assert min(tokens) >= 8
    assert max(tokens) <= 10


def test_nobody_who_waits_gets_nothing(seat: Seat) -> None:
    assert seat("seq2seq").reply([]) == []
