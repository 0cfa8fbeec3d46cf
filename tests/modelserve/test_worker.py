"""The worker in the supporter's seat: it types, it answers once, and it may die at any point."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chat.models import AwaitedTurn, Conversation, Utterance
from chat.turns import awaited_agents, claim_replies, claim_turns, show_typing, speak
from esc.celery import app
from esc.ontology import Role, Strategy
from esc.studies.models import Study
from esc.studies.schema import Typing
from modelserve import services
from modelserve.engines.base import Engine
from modelserve.services import answer_turns, typing_time
from tests.chat.talk import end, rate, say
from tests.modelserve.conftest import with_an_agent
from tests.modelserve.engines import Broken, Listener

pytestmark = pytest.mark.django_db
Seat = Callable[[Engine], None]


def later(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def spoken(conversation: Conversation) -> list[str]:
    return [row.text for row in conversation.utterances.filter(role=Role.SUPPORTER)]


def run_to_the_end_of_typing() -> None:
    """Both steps of every turn that waits."""
    answer_turns(now=later(4))
    answer_turns(now=later(20))


# --- The two steps of a turn ------------------------------------------------------------------------------------------


def test_the_agent_opens_the_conversation_after_a_moment(conversation: Conversation) -> None:
    answer_turns(now=timezone.now())
    assert AwaitedTurn.objects.get().text == "", "three seconds have not passed"
    run_to_the_end_of_typing()
    (opening,) = conversation.utterances.all()
    assert (opening.position, opening.role, opening.strategy) == (1, Role.SUPPORTER, Strategy.OTHERS)


def test_a_reply_is_made_then_typed_then_said(conversation: Conversation) -> None:
    say(conversation, Role.SEEKER, "My boss told me on Friday that my job is gone.")
    now = later(4)
    answer_turns(now=now)
    draft = AwaitedTurn.objects.get()
    assert draft.text
    assert draft.due_at == now + typing_time(conversation.protocol.typing, draft.text)
    answer_turns(now=draft.due_at - timedelta(milliseconds=1))
    assert spoken(conversation) == []
    answer_turns(now=draft.due_at)
    assert spoken(conversation) == [draft.text]
    assert Utterance.objects.get(position=2).strategy == draft.strategy


def test_a_whole_conversation_is_answered_turn_by_turn(conversation: Conversation) -> None:
    for number in range(1, 9):
        say(conversation, Role.SEEKER, f"Here is part {number} of what happened at work.")
        run_to_the_end_of_typing()
        if number % 2 == 0:
            rate(conversation)
    roles = list(conversation.utterances.values_list("role", flat=True))
    assert roles == [Role.SEEKER, Role.SUPPORTER] * 8
    assert len(set(spoken(conversation))) == 8
    assert set(conversation.utterances.filter(role=Role.SUPPORTER).values_list("strategy", flat=True)) <= set(
        conversation.protocol.strategy_names
    )


def test_the_seeker_sees_the_agent_type_until_it_speaks(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[UUID] = []

    def watched(*, turn: AwaitedTurn) -> None:
        seen.append(turn.conversation_id)
        show_typing(turn=turn)

    monkeypatch.setattr(services, "show_typing", watched)
    answer_turns(now=timezone.now())
    assert seen == []
    answer_turns(now=later(4))
    told = len(seen)
    assert told
    assert set(seen) == {conversation.pk}
    answer_turns(now=later(5.6))
    assert len(seen) > told, "a page forgets it after four seconds"
    answer_turns(now=later(20))
    told = len(seen)
    answer_turns(now=later(21))
    assert len(seen) == told


@pytest.mark.parametrize(("length", "seconds"), [(0, 1.5), (100, 4.5), (1_000, 8)])
def test_typing_takes_as_long_as_the_protocol_says(length: int, seconds: float) -> None:
    typing = Typing(base=1.5, per_character=0.03, longest=8)
    assert typing_time(typing, "x" * length) == timedelta(seconds=seconds)


def test_turns_of_several_conversations_are_answered_in_one_batch(study: Study, seated: Seat) -> None:
    listener = Listener()
    seated(listener)
    talks = [with_an_agent(study)[1] for _ in range(3)]
    for talk, messages in zip(talks, (1, 2, 3), strict=True):
        for _ in range(messages):
            say(talk, Role.SEEKER, "Hello?")
    run_to_the_end_of_typing()
    assert [len(batch) for batch in listener.batches] == [3]
    assert [spoken(talk) for talk in talks] == [[f"I read {n} of your messages."] for n in (1, 2, 3)]


def test_the_number_of_queries_does_not_grow_with_the_length_of_a_conversation(
    conversation: Conversation, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(30):
        say(conversation, Role.SEEKER, "And then something else happened to me.")
    with django_assert_max_num_queries(16):
        answer_turns(now=later(4))


# --- Once, whatever happens -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_answer_once(conversation: Conversation) -> None:
    say(conversation, Role.SEEKER, "Hello, is anybody there?")
    _at_once(2, lambda: answer_turns(now=later(4)))
    _at_once(2, lambda: answer_turns(now=later(20)))
    assert len(spoken(conversation)) == 1


def test_a_worker_that_dies_before_its_reply_loses_only_time(conversation: Conversation) -> None:
    say(conversation, Role.SEEKER, "Hello, is anybody there?")
    assert len(claim_turns(now=later(4), of=awaited_agents(now=later(4)))) == 1  # … and the process is gone
    answer_turns(now=later(20))
    assert AwaitedTurn.objects.get().text == "", "the lease still holds"
    answer_turns(now=later(40))
    answer_turns(now=later(60))
    assert len(spoken(conversation)) == 1


def test_a_worker_that_dies_before_it_speaks_loses_only_time(conversation: Conversation) -> None:
    say(conversation, Role.SEEKER, "Hello, is anybody there?")
    answer_turns(now=later(4))
    (turn,) = claim_replies(now=later(20))
    assert turn.text  # … and the process is gone
    answer_turns(now=later(30))
    assert spoken(conversation) == []
    answer_turns(now=later(60))
    answer_turns(now=later(120))
    assert spoken(conversation) == [turn.text]


def test_a_turn_that_is_taken_again_gets_the_same_reply(conversation: Conversation) -> None:
    say(conversation, Role.SEEKER, "My exam went badly.")
    answer_turns(now=later(4))
    first = AwaitedTurn.objects.get().text
    AwaitedTurn.objects.update(text="", strategy="", due_at=timezone.now())
    answer_turns(now=later(4))
    assert AwaitedTurn.objects.get().text == first


def test_a_message_that_comes_while_the_engine_thinks_is_answered_too(conversation: Conversation, seated: Seat) -> None:
    say(conversation, Role.SEEKER, "I lost my job.")
    news = iter(["And my flat."])
    listener = Listener(meanwhile=lambda: [say(conversation, Role.SEEKER, text) for text in news])
    seated(listener)
    run_to_the_end_of_typing()
    assert [len(context.utterances) for batch in listener.batches for context in batch] == [1, 2]
    assert spoken(conversation) == ["I read 2 of your messages."]


def test_a_message_that_comes_while_the_agent_types_is_answered_too(conversation: Conversation, seated: Seat) -> None:
    seated(Listener())
    say(conversation, Role.SEEKER, "I lost my job.")
    answer_turns(now=later(4))
    say(conversation, Role.SEEKER, "And my flat.")
    run_to_the_end_of_typing()
    assert spoken(conversation) == ["I read 2 of your messages."]


def test_nothing_is_said_in_a_conversation_that_ended(conversation: Conversation) -> None:
    say(conversation, Role.SEEKER, "Hello, is anybody there?")
    answer_turns(now=later(4))
    end(conversation)
    answer_turns(now=later(20))
    assert spoken(conversation) == []
    assert not AwaitedTurn.objects.exists()


def test_a_conversation_that_ends_while_the_engine_thinks_stays_as_it_ended(
    conversation: Conversation, seated: Seat
) -> None:
    say(conversation, Role.SEEKER, "Hello, is anybody there?")
    seated(Listener(meanwhile=lambda: end(conversation)))
    run_to_the_end_of_typing()
    assert spoken(conversation) == []


# --- What fails -------------------------------------------------------------------------------------------------------


def test_an_engine_that_fails_is_logged_and_its_turn_tried_again(
    conversation: Conversation, seated: Seat, caplog: pytest.LogCaptureFixture
) -> None:
    say(conversation, Role.SEEKER, "Hello, is anybody there?")
    seated(Broken())
    answer_turns(now=later(4))
    assert "Making 1 replies from the script failed" in caplog.text
    assert "the engine is out of memory" in caplog.text
    seated(Listener())
    answer_turns(now=later(10))
    assert AwaitedTurn.objects.get().text == "", "left to its lease"
    answer_turns(now=later(40))
    answer_turns(now=later(60))
    assert spoken(conversation) == ["I read 1 of your messages."]


def test_a_reply_that_cannot_be_said_harms_no_other(
    study: Study, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (with_an_agent(study)[1] for _ in range(2))
    answer_turns(now=later(4))

    def speak_or_fail(*, turn: AwaitedTurn) -> bool:
        if turn.conversation_id == first.pk:
            raise ConnectionError("the database is restarting")
        return speak(turn=turn)

    monkeypatch.setattr(services, "speak", speak_or_fail)
    answer_turns(now=later(20))
    assert (len(spoken(first)), len(spoken(second))) == (0, 1)
    assert "the database is restarting" in caplog.text
    monkeypatch.setattr(services, "speak", speak)
    answer_turns(now=later(60))
    assert (len(spoken(first)), len(spoken(second))) == (1, 1)


# --- The door ---------------------------------------------------------------------------------------------------------


def test_the_sweep_runs_the_task_by_its_name(conversation: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    app.loader.import_default_modules()
    assert "modelserve.answer_turns" in {row["task"] for row in settings.CELERY_BEAT_SCHEDULE.values()}
    moment = later(4)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    app.tasks["modelserve.answer_turns"]()
    assert AwaitedTurn.objects.get().text


def _at_once(workers: int, job: Callable[[], None]) -> None:
    """Run the job in so many threads that start together, each with its own database connection."""
    barrier, failures = threading.Barrier(workers), []

    def work() -> None:
        try:
            barrier.wait()
            job()
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
