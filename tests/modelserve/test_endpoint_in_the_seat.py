"""A server that nobody here wrote sits in the seat: `transformers serve`, with a checkpoint that was trained here."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone

from chat.models import AwaitedTurn, Conversation, Notice
from chat.tasks import sweep
from esc.ontology import Ending, Outcome, Role
from modelserve import services, serving
from modelserve.loaded import Loaded
from modelserve.models import Agent, Generation, Health
from tests.chat.talk import say, seat_of
from tests.modelserve.endpoint.test_transformers_serve import serving as served
from tests.modelserve.models import later, opened, protocol_with, spoken, with_robin
from tests.modelserve.training.conftest import one_thread, trained

__all__ = ["one_thread", "trained"]

DECODING = {"context_utterances": 4, "max_new_tokens": 40}


def answer(seats: Loaded, seconds: float) -> None:
    """Both steps of a turn, so many seconds from now."""
    serving.serve(now=later(seconds), seats=seats)
    services.answer_turns(now=later(seconds + 20))


def leased() -> bool:
    return AwaitedTurn.objects.filter(text="", leased_until__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_it_answers_like_any_other_and_its_death_in_the_middle_of_a_turn_ends_well(
    trained: Callable[[str, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, seats = trained("tiny-causal", "joint"), Loaded()
    with served(checkpoint, tmp_path / "log") as (url, server):
        agent = Agent.objects.create(
            name="Robin", engine=Agent.Engine.OPENAI, checkpoint=str(checkpoint), base_url=url, decoding=DECODING
        )
        serving.serve(now=timezone.now(), seats=seats)
        person, conversation = with_robin(opened(protocol_with("Robin")))
        say(conversation, Role.SEEKER, "my boss shouted at me")
        answer(seats, 4)
        assert len(spoken(conversation)) == 1
        made = Generation.objects.get()
        assert (made.agent, made.checkpoint_hash) == (agent, "")
        assert made.prompt_hash
        assert made.tokens > 0

        say(conversation, Role.SEEKER, "what should i do now")
        server.send_signal(signal.SIGSTOP)  # it takes the question and says nothing
        worker = threading.Thread(target=_serve_once, args=(seats,))
        worker.start()
        deadline = time.monotonic() + 30
        while not leased():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(server.pid, signal.SIGKILL)
        worker.join()
    turn = AwaitedTurn.objects.get(answered_at=None)
    assert (turn.text, turn.lease, turn.tries) == ("", None, 1), "it is left to its lease"
    assert Health.objects.get().error

    moment = later(40)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    sweep()
    assert Notice.objects.get().kind == Notice.Kind.QUEUE
    for number in range(1, 4):
        serving.serve(now=moment + timedelta(seconds=40 * number), seats=seats)
    moment = moment + timedelta(seconds=200)
    sweep()
    conversation = Conversation.objects.get()
    assert conversation.ending == Ending.MODEL_FAILED
    assert seat_of(person).outcome == Outcome.MODEL_FAILED
    assert person.sitting.paid.conversations == 1
    assert len(spoken(conversation)) == 1


def _serve_once(seats: Loaded) -> None:
    try:
        serving.serve(now=later(4), seats=seats)
    finally:
        connections.close_all()
