"""A supporter behind HTTP, over real sockets: what it asks, what it accepts, and how a row fails alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from esc.errors import FileRefusal
from esc.ontology import Role, Strategy
from modelserve.engines.base import Context, Engine, Failure, Heard, Reply
from modelserve.engines.loading import EngineSpec, load_engine
from tests.modelserve.endpoint.server import Answer, Asked, endpoint, refusing, saying
from tests.modelserve.talks import heard

HOW = Heard(Role.SUPPORTER, "How do you sleep?", "Question")
CONTEXT = Context((*heard("I lost my job."), HOW, *heard("Badly.")), seed=2**63 + 7)
JSON = json.dumps({"strategy": "Reflection of Feelings", "text": "You sound tired."})


def seated(url: str, **changed: Any) -> Engine:
    settings = {"engine": "openai", "checkpoint": "m", "base_url": url, "retries": 0, "timeout": 5.0, **changed}
    return load_engine(EngineSpec(**settings), offline=True)


def one(engine: Engine, context: Context = CONTEXT) -> Reply:
    (reply,) = engine.reply([context])
    assert isinstance(reply, Reply), reply
    return reply


def failures(replies: Sequence[Reply | Failure]) -> list[str]:
    return [reply.reason for reply in replies if isinstance(reply, Failure)]


def test_it_is_asked_for_a_strategy_and_a_text_as_structured_output() -> None:
    with endpoint(lambda asked: saying(JSON, tokens=12)) as server:
        reply = one(seated(server.url, decoding=(("temperature", 0.2),)))
    assert (reply.strategy, reply.text, reply.tokens) == ("Reflection of feelings", "You sound tired.", 12)
    (asked,) = server.asked
    schema = asked["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["strategy"]["enum"] == [strategy.value for strategy in Strategy]
    assert (asked["model"], asked["temperature"], asked["top_p"], asked["max_tokens"]) == ("m", 0.2, 0.9, 200)
    assert 0 <= asked["seed"] < 2**31


def test_the_conversation_goes_with_the_supporters_strategies() -> None:
    with endpoint(lambda asked: saying(JSON)) as server:
        one(seated(server.url, decoding=(("context_utterances", 2),)))
    system, *said = server.asked[0]["messages"]
    assert system["role"] == "system"
    assert "never claim to be a human being" in system["content"]
    assert said == [
        {"role": "assistant", "content": "[Question] How do you sleep?"},
        {"role": "user", "content": "Badly."},
    ]


def test_a_server_that_refuses_formats_is_asked_in_words_from_then_on() -> None:
    def answer(asked: Asked) -> Answer:
        if "response_format" in asked:
            return refusing(400, "response_format is not supported")
        return saying("[Question] What happened?")

    with endpoint(answer) as server:
        engine = seated(server.url)
        replies = [one(engine), one(engine)]
    assert [(reply.strategy, reply.text) for reply in replies] == [("Question", "What happened?")] * 2
    assert ["response_format" in asked for asked in server.asked] == [True, False, False]


@pytest.mark.parametrize(
    ("content", "strategy", "text"),
    [
        (JSON, "Reflection of feelings", "You sound tired."),
        (f"```json\n{JSON}\n```", "Reflection of feelings", "You sound tired."),
        ("[Questions] What  happened ?", "Question", "What happened?"),
        ("  [Others]: Hello.", "Others", "Hello."),
        ("[providing suggestions]\nWrite to her.\nToday.", "Providing Suggestions", "Write to her. Today."),
    ],
)
def test_answers_in_words_are_read_too(content: str, strategy: str, text: str) -> None:
    with endpoint(lambda asked: saying(content)) as server:
        reply = one(seated(server.url))
    assert (reply.strategy, reply.text) == (strategy, text)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (saying("What happened?"), "the answer names no strategy: 'What happened?'"),
        (saying("[Hypnosis] Sleep."), "unknown strategy 'Hypnosis'"),
        (saying("[Question] \n"), "the answer has no text"),
        (saying('{"strategy": "Question"}'), "JSON without a strategy and a text"),
        (saying('{"strategy": ["Question"], "text": 1}'), "JSON without a strategy and a text"),
        (saying(None), "the answer is empty"),
        ((200, b'{"choices": []}'), "the answer is empty"),
        ((200, b"<html>"), ""),
        (refusing(401, "wrong key"), "answered 401: "),
        (refusing(404, "no such model"), "answered 404: "),
        (refusing(500, "out of memory"), "answered 500: "),
    ],
)
def test_what_is_no_reply_is_a_failure_in_words(answer: Answer, reason: str) -> None:
    with endpoint(lambda asked: answer) as server:
        (failed,) = seated(server.url).reply([CONTEXT])
    assert isinstance(failed, Failure)
    assert reason in failed.reason
    assert failed.reason


def test_a_row_fails_alone_and_keeps_its_place() -> None:
    def answer(asked: Asked) -> Answer:
        last = asked["messages"][-1]["content"]
        return refusing(500, "no") if last == "two" else saying(f"[Others] {last}")

    with endpoint(answer) as server:
        replies = seated(server.url).reply([Context(heard(text), 1) for text in ("one", "two", "three")])
    assert [reply.text if isinstance(reply, Reply) else None for reply in replies] == ["one", None, "three"]


def test_a_server_that_stumbles_is_asked_again() -> None:
    answers = iter([refusing(503, "busy"), refusing(429, "slow down"), saying(JSON)])
    with endpoint(lambda asked: next(answers)) as server:
        assert one(seated(server.url, retries=2)).text == "You sound tired."


def test_a_server_that_never_answers_is_given_up() -> None:
    over = threading.Event()

    def never(asked: Asked) -> Answer:
        over.wait()
        return saying(JSON)

    with endpoint(never) as server:
        replies = seated(server.url, timeout=0.1).reply([CONTEXT, CONTEXT])
        over.set()
    assert failures(replies) == [f"{server.url} did not answer within 0.1 s (tries: 1)"] * 2


def test_a_server_that_is_not_there() -> None:
    with endpoint(lambda asked: saying(JSON)) as server:
        gone = server.url
    assert failures(seated(gone).reply([CONTEXT])) == [f"{gone} cannot be reached"]


def test_no_more_requests_at_once_than_were_allowed() -> None:
    together = threading.Barrier(3)

    def answer(asked: Asked) -> Answer:
        together.wait(10)  # all three must be under way, or nobody goes on
        return saying(JSON)

    with endpoint(answer) as server:
        replies = seated(server.url, concurrency=3).reply([CONTEXT] * 9)
    assert failures(replies) == []
    assert server.most_at_once == 3


@pytest.mark.parametrize(
    ("variant", "strategy", "in_words"),
    [("vanilla", "Others", ""), ("oracle", "Information", "Write by this strategy: Information")],
)
def test_other_variants_ask_for_a_text_alone(variant: str, strategy: str, in_words: str) -> None:
    with endpoint(lambda asked: saying("Here you are.")) as server:
        reply = one(seated(server.url, variant=variant), Context(CONTEXT.utterances, 1, given="Information"))
    assert (reply.strategy, reply.text) == (strategy, "Here you are.")
    assert "response_format" not in server.asked[0]
    system, *said = server.asked[0]["messages"]
    assert in_words in system["content"]
    assert ("[Question]" in said[1]["content"]) is (variant != "vanilla")


def test_random_prescribes_what_table_3_gives() -> None:
    with endpoint(lambda asked: saying("Here you are.")) as server:
        replies = seated(server.url, variant="random").reply([Context(CONTEXT.utterances, seed) for seed in range(12)])
    strategies = {reply.strategy for reply in replies if isinstance(reply, Reply)}
    assert len(strategies) > 3
    assert strategies == {
        asked["messages"][0]["content"].split("Write by this strategy: ")[1].split(" (")[0] for asked in server.asked
    }


def test_a_prompt_has_a_hash_that_the_seed_does_not_change() -> None:
    with endpoint(lambda asked: saying(JSON)) as server:
        engine = seated(server.url)
        same = {one(engine, Context(CONTEXT.utterances, seed)).prompt_hash for seed in (1, 2)}
        other = one(engine, Context(CONTEXT.utterances[:1], 1)).prompt_hash
    assert len(same) == 1
    assert other not in same


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPORTER_KEY", "secret")
    with endpoint(lambda asked: saying(JSON)) as server:
        one(seated(server.url, api_key_env="SUPPORTER_KEY"))
    assert server.keys == ["Bearer secret"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"base_url": ""}, "base_url: an endpoint needs its address"),
        ({"checkpoint": ""}, "checkpoint: an endpoint needs"),
        ({"api_key_env": "NOT_SET_HERE"}, "the environment variable NOT_SET_HERE is not set"),
        ({"concurrency": 0}, "expected more than 0 s, 0 or more, and 1 or more"),
        ({"decoding": (("top_k", 5),)}, "An endpoint takes: temperature, top_p, max_new_tokens, context_utterances"),
        ({"decoding": (("temperature", 9),)}, "temperature: Input should be less than or equal to 2"),
    ],
)
def test_a_setting_that_is_missing_or_wrong_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(FileRefusal, match=said):
        seated("http://127.0.0.1:1/v1", **{**changed})
