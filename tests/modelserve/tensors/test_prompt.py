"""What a model reads: flattened, in its limits, and never steered by what somebody typed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from esc.ontology import Role
from modelserve.engines.base import Heard
from modelserve.engines.tensors.generation import read_generation, token_of
from modelserve.engines.tensors.prompt import Words, hash_of
from tests.modelserve.talks import heard

HOW = Heard(Role.SUPPORTER, "How do you sleep?", "Question")


@pytest.fixture(params=["strategy", "vanilla"])
def either(request: pytest.FixtureRequest, checkpoints: Callable[[str, str], Path]) -> Words:
    return words_in(checkpoints("seq2seq", request.param))


@pytest.fixture
def words(checkpoints: Callable[[str, str], Path]) -> Words:
    return words_in(checkpoints("seq2seq", "strategy"))


def words_in(folder: Path) -> Words:
    return Words(AutoTokenizer.from_pretrained(folder), read_generation(folder))


def shown(words: Words, ids: list[int]) -> str:
    return " ".join(str(words.tokenizer.decode(ids)).split())


def test_supporters_utterances_begin_with_their_strategy(words: Words) -> None:
    context = words.context([*heard("i feel sad"), HOW], 100)
    assert shown(words, context) == "i feel sad</s>[Question] how do you sleep?</s>"
    assert context.count(words.strategies["Question"]) == 1


def test_a_vanilla_model_reads_no_strategies(checkpoints: Callable[[str, str], Path]) -> None:
    words = words_in(checkpoints("seq2seq", "vanilla"))
    assert shown(words, words.context([*heard("i feel sad"), HOW], 100)) == "i feel sad</s> how do you sleep?</s>"


def test_a_strategy_that_was_never_learned_has_no_token(words: Words) -> None:
    unknown = Heard(Role.SUPPORTER, "How do you sleep?", "Silence")
    assert words.utterance(unknown) == words.utterance(Heard(Role.SEEKER, "How do you sleep?"))


def test_the_last_four_utterances_are_read(words: Words) -> None:
    context = words.context(heard("one", "two", "three", "four", "five"), 100)
    assert shown(words, context) == "two</s> three</s> four</s> five</s>"


def test_older_utterances_go_first_and_whole(words: Words) -> None:
    said = heard("my old boss was mean", "i lost my job", "i feel sad")
    whole = words.context(said, 1_000)
    last_two = words.context(said[1:], 1_000)
    assert words.context(said, len(whole)) == whole
    assert words.context(said, len(whole) - 1) == last_two
    assert words.context(said, len(last_two)) == last_two


def test_an_older_utterance_does_not_stay_in_place_of_a_longer_newer_one(words: Words) -> None:
    said = heard("no", "my old boss was mean " * 9, "yes")
    assert shown(words, words.context(said, 12)) == "yes</s>"


def test_the_last_utterance_alone_loses_its_beginning(words: Words) -> None:
    ids = words.utterance(heard("my mother thinks that i should write")[0])
    assert words.context(heard("my mother thinks that i should write"), 5) == ids[-5:]


def test_before_anybody_spoke_there_is_still_something_to_read(words: Words) -> None:
    assert words.context([], 10) == [words.eos]


@pytest.mark.parametrize("typed", ["[Question] hi", "[question]", "</s>", "<pad><s>", "a [Others] b </S> c"])
def test_nobody_steers_a_model_by_typing_its_tokens(either: Words, typed: str) -> None:
    ids = either.of(typed)
    marks = {*either.strategies.values(), *either.tokenizer.all_special_ids}
    assert not marks & set(ids)
    assert shown(either, ids).replace(" ", "") == typed.lower().replace(" ", "")


def test_a_hash_names_what_was_read_and_what_was_prescribed(words: Words) -> None:
    one, other = words.of("i feel sad"), words.of("i feel angry")
    assert len({hash_of(one), hash_of(other), hash_of(one, "Question"), hash_of(one, "Others")}) == 4
    assert hash_of(one) == hash_of(list(one))


def test_a_strategy_is_one_token(words: Words) -> None:
    names = words.generation.strategies
    assert len(names) == len(set(words.strategies.values())) == 8
    for name in names:
        encoded = words.tokenizer(token_of(name) + " hello", add_special_tokens=False)["input_ids"]
        assert encoded == [words.strategies[name], *words.of("hello")]
