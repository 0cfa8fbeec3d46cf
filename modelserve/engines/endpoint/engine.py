"""Asks an OpenAI-compatible endpoint for each reply of a batch, a bounded number at once."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from random import Random
from typing import TYPE_CHECKING, Annotated, Any

from openai import APIConnectionError, APIStatusError, APITimeoutError, BadRequestError, OpenAI, OpenAIError
from openai import UnprocessableEntityError as Unprocessable
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from esc.errors import FileRefusal
from esc.ontology import Strategy
from modelserve.engines.base import Context, Failure, Reply
from modelserve.engines.endpoint.messages import Message, answer_format, answer_in, messages_for
from modelserve.engines.shares import TABLE_3

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

    from modelserve.engines.spec import EngineSpec

log = logging.getLogger(__name__)
BACKOFF = 10.0  # seconds that the client's pauses between tries may take together
SEEDS = 2**31  # servers take a signed 32-bit number at least


class Asking(BaseModel):
    """What may be set for an endpoint: what every one of them understands."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.9
    max_new_tokens: Annotated[int, Field(ge=1, le=4_000)] = 200
    context_utterances: Annotated[int, Field(ge=1)] = 40  # the last ones; 4 for a model that learned from pieces of 5


class EndpointEngine:
    """A supporter behind HTTP. The server chooses the words; the strategy comes as structured output where it can.

    A server that refuses structured output is asked in words alone from then on. A row fails alone.
    """

    def __init__(self, spec: EngineSpec, client: OpenAI, asking: Asking) -> None:
        self.spec, self.client, self.asking = spec, client, asking
        self.variant = spec.variant or "joint"
        self._structured = self.variant == "joint"
        self._pool = ThreadPoolExecutor(spec.concurrency, thread_name_prefix="endpoint")

    @property
    def speaks(self) -> frozenset[str]:
        return frozenset({Strategy.OTHERS.value} if self.variant == "vanilla" else map(str, Strategy))

    def reply(self, contexts: Sequence[Context]) -> list[Reply | Failure]:
        """One for each context, in their order: a Failure where the server gave none in time, or none to use."""
        begun = time.perf_counter()
        asked = [self._pool.submit(self._ask, context) for context in contexts]
        wait(asked, timeout=self.patience(len(contexts)))
        return [self._answer(one, begun) for one in asked]

    def patience(self, rows: int) -> float:
        """Seconds after which a batch of so many is given up, whatever the server does."""
        rounds = math.ceil(rows / self.spec.concurrency)
        return rounds * (self.spec.timeout * (self.spec.retries + 1) + BACKOFF)

    def _answer(self, asked: Future[Reply | Failure], begun: float) -> Reply | Failure:
        if asked.done():
            return asked.result()
        asked.cancel()
        return Failure(f"{self.spec.base_url} did not answer in time", time.perf_counter() - begun)

    def _ask(self, context: Context) -> Reply | Failure:
        begun = time.perf_counter()
        given = self._given(context)
        messages = messages_for(context.utterances[-self.asking.context_utterances :], self.variant, given)
        try:
            completion = self._complete(messages, context.seed)
            content, tokens = _content(completion)
            strategy, text = answer_in(content, self.variant, given)
        except (OpenAIError, ValueError) as error:
            return Failure(_in_words(error, self.spec), time.perf_counter() - begun)
        return Reply(strategy, text, tokens or len(text.split()), time.perf_counter() - begun, _hash(messages))

    def _complete(self, messages: list[Message], seed: int) -> ChatCompletion:
        """The server's answer; asked again in words alone where it refuses to be asked for structured output."""
        if self._structured:
            try:
                return self._create(messages, seed, response_format=answer_format())
            except (BadRequestError, Unprocessable) as error:
                if "format" not in str(error) and "schema" not in str(error):
                    raise
                log.warning("%s takes no response_format; it is asked in words alone.", self.spec.base_url)
                self._structured = False
        return self._create(messages, seed)

    def _create(self, messages: list[Message], seed: int, **more: Any) -> ChatCompletion:
        completion: ChatCompletion = self.client.chat.completions.create(
            model=self.spec.checkpoint,
            messages=messages,  # type: ignore[arg-type]
            temperature=self.asking.temperature,
            top_p=self.asking.top_p,
            max_tokens=self.asking.max_new_tokens,
            seed=seed % SEEDS,
            **more,
        )
        return completion

    def _given(self, context: Context) -> str:
        if self.variant == "random":
            return Random(context.seed).choices(list(TABLE_3), list(TABLE_3.values()))[0]  # noqa: S311 — no secret
        return context.given if self.variant == "oracle" else ""


def load_endpoint(spec: EngineSpec) -> EndpointEngine:
    """The engine of an openai spec. Raises FileRefusal for a missing or wrong setting. Asks nothing."""
    for name in ("base_url", "checkpoint"):
        if not getattr(spec, name):
            raise FileRefusal(name, "an endpoint needs its address (up to and with /v1) and the name of a model there")
    if spec.api_key_env and not os.environ.get(spec.api_key_env):
        raise FileRefusal("api_key_env", f"the environment variable {spec.api_key_env} is not set for this process")
    if spec.concurrency < 1 or spec.timeout <= 0 or spec.retries < 0:
        raise FileRefusal("timeout, retries, concurrency", "expected more than 0 s, 0 or more, and 1 or more")
    key = os.environ[spec.api_key_env] if spec.api_key_env else "none"
    try:
        client = OpenAI(base_url=spec.base_url, api_key=key, timeout=spec.timeout, max_retries=spec.retries)
    except (ValueError, OpenAIError) as error:
        raise FileRefusal("base_url", f"{spec.base_url!r} is no address: {error}") from error
    return EndpointEngine(spec, client, _asking(dict(spec.decoding)))


def _asking(decoding: Mapping[str, Any]) -> Asking:
    try:
        return Asking.model_validate(decoding)
    except ValidationError as error:
        faults = [f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors()]
        known = ", ".join(Asking.model_fields)
        raise FileRefusal("decoding", f"{'; '.join(faults)}. An endpoint takes: {known}") from error


def _content(completion: ChatCompletion) -> tuple[str, int]:
    """What was said, and how many tokens that was by the server's count (0 where it has none)."""
    if not completion.choices or not (content := completion.choices[0].message.content):
        raise ValueError("the answer is empty")
    return content, completion.usage.completion_tokens if completion.usage else 0


def _in_words(error: Exception, spec: EngineSpec) -> str:
    match error:
        case APITimeoutError():
            return f"{spec.base_url} did not answer within {spec.timeout:g} s (tries: {spec.retries + 1})"
        case APIConnectionError():
            return f"{spec.base_url} cannot be reached"
        case APIStatusError():
            return f"{spec.base_url} answered {error.status_code}: {str(error)[:200]}"
        case OpenAIError():
            return f"{spec.base_url} answered what is no chat completion: {str(error)[:200]}"
        case _:
            return str(error)


def _hash(messages: list[Message]) -> str:
    return hashlib.sha256(json.dumps(messages, ensure_ascii=False).encode()).hexdigest()
