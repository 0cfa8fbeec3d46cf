"""A model in the supporter's seat: batches, the story of each reply, and whatever may go wrong."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import AwaitedTurn, Conversation, Notice
from chat.tasks import sweep
from chat.turns import typing_turns
from esc.ontology import Ending, Outcome, Role, Strategy
from esc.studies.models import Study
from modelserve import services, serving
from modelserve.models import Agent, Generation, Health
from tests.chat.talk import end, rate, say, seat_of
from tests.modelserve.engines import Broken, Listener, Says
from tests.modelserve.models import HASH, Worker, later, opened, protocol_with, robin, spoken, with_robin

pytestmark = pytest.mark.django_db


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def agent(worker: Worker, listener: Listener) -> Agent:
    return robin(worker, listener)


@pytest.fixture
def study(agent: Agent) -> Study:
    return opened(protocol_with("Robin"))


@pytest.fixture
def conversation(study: Study) -> Conversation:
    """One with Robin, in which the seeker has said hello."""
    conversation = with_robin(study)[1]
    say(conversation, Role.SEEKER, "I lost my job.")
    return conversation


def put_in_memory(worker: Worker, agent: Agent, engine: object) -> None:
    """As if Robin's checkpoint had always been this one."""
    worker.engines[agent.checkpoint] = engine  # type: ignore[assignment]
    worker.restart()
    worker.serve(0)


class TestReply:
    def test_it_is_made_where_the_weights_are_and_said_by_the_sweep(
        self, worker: Worker, conversation: Conversation
    ) -> None:
        services.answer_turns(now=later(4))
        assert not AwaitedTurn.objects.get().text, "the script does not answer for a model"
        assert worker.serve()
        turn = AwaitedTurn.objects.get()
        assert turn.text == "I read 1 of your messages."
        assert not worker.serve(60), "what is made is not made again"
        services.answer_turns(now=turn.due_at - timedelta(milliseconds=1))
        assert spoken(conversation) == []
        services.answer_turns(now=turn.due_at)
        assert spoken(conversation) == ["I read 1 of your messages."]
        assert conversation.utterances.get(position=2).strategy == Strategy.QUESTION

    def test_how_it_came_about_is_kept(self, worker: Worker, agent: Agent, conversation: Conversation) -> None:
        worker.answer()
        made = Generation.objects.get()
        assert (made.agent, made.checkpoint_hash, made.batch, made.tokens) == (agent, HASH, 1, 6)
        assert (made.prompt_hash, made.refused, made.is_safe_reply) == ("ab" * 32, [], False)
        assert made.seed == _listener(worker).batches[0][0].seed
        assert made.turn.answered_at is not None
        assert made.queue_seconds >= 0
        assert made.generation_seconds >= 0

    def test_the_number_of_utterances_of_a_model_is_the_number_of_their_stories(
        self, worker: Worker, conversation: Conversation
    ) -> None:
        for _ in range(3):
            worker.answer()
            if Conversation.objects.get().feedback_due:
                rate(conversation)
            say(conversation, Role.SEEKER, "And then something else happened.")
        assert Generation.objects.filter(turn__answered_at__isnull=False).count() == len(spoken(conversation)) == 3

    def test_typing_begins_when_a_worker_takes_the_turn_however_long_the_model_needs(
        self, worker: Worker, conversation: Conversation
    ) -> None:
        now = later(4)
        serving.serve(now=now, seats=worker.seats)
        turn = AwaitedTurn.objects.get()
        assert turn.typing_seconds == services.typing_time(conversation.protocol.typing, turn.text).total_seconds()
        assert turn.due_at == now + serving.GATHER + timedelta(seconds=turn.typing_seconds)

    def test_the_seeker_sees_typing_while_it_is_made(
        self, worker: Worker, listener: Listener, conversation: Conversation
    ) -> None:
        seen: list[int] = []
        listener.meanwhile = lambda: seen.append(typing_turns(now=timezone.now()).count())
        worker.serve()
        assert seen == [1]

    def test_agents_of_one_study_type_equally_long(self, worker: Worker, agent: Agent) -> None:
        jay = Agent.objects.create(name="Jay", engine=Agent.Engine.CAUSAL, checkpoint="/checkpoints/jay")
        worker.engines[jay.checkpoint] = Says(["I read 1 of your messages."])
        worker.serve(0)
        study = opened(protocol_with("Robin", "Jay"))
        for arm in ("robin", "jay", "scripted"):
            say(with_robin(study, arm=arm)[1], Role.SEEKER, "Hello")
        worker.serve()
        services.answer_turns(now=later(4))
        turns = {turn.conversation.agent: turn for turn in AwaitedTurn.objects.all()}
        assert turns["Robin"].text == turns["Jay"].text
        assert turns["Robin"].typing_seconds == turns["Jay"].typing_seconds
        typing = study.protocol.typing
        for turn in turns.values():
            assert turn.typing_seconds == services.typing_time(typing, turn.text).total_seconds()


class TestBatch:
    def test_turns_of_one_agent_are_made_together_whatever_study_they_are_of(
        self, worker: Worker, listener: Listener, study: Study
    ) -> None:
        other = opened(protocol_with("Robin", minutes="40"), slug="other")
        for place in (study, study, other):
            say(with_robin(place)[1], Role.SEEKER, "Hello?")
        worker.serve()
        assert [len(batch) for batch in listener.batches] == [3]
        assert set(Generation.objects.values_list("batch", flat=True)) == {3}

    def test_a_batch_takes_along_what_is_due_in_a_moment(
        self, worker: Worker, listener: Listener, study: Study
    ) -> None:
        now = timezone.now()
        for milliseconds in (0, 25, 60):
            conversation = with_robin(study)[1]
            AwaitedTurn.objects.filter(conversation=conversation).update(
                due_at=now + timedelta(milliseconds=milliseconds)
            )
        serving.serve(now=now, seats=worker.seats)
        assert [len(batch) for batch in listener.batches] == [2]

    def test_no_batch_is_larger_than_its_agent_allows(
        self, worker: Worker, agent: Agent, listener: Listener, study: Study
    ) -> None:
        Agent.objects.update(batch=2)
        for _ in range(5):
            with_robin(study)
        while worker.serve():
            pass
        assert [len(batch) for batch in listener.batches] == [2, 2, 1]

    def test_each_agent_has_a_batch_of_its_own(self, worker: Worker, agent: Agent) -> None:
        jay = Agent.objects.create(name="Jay", engine=Agent.Engine.CAUSAL, checkpoint="/checkpoints/jay")
        worker.engines[jay.checkpoint] = other = Says(["Hello, I am Jay."] * 4)
        worker.serve(0)
        study = opened(protocol_with("Robin", "Jay"))
        talks = [with_robin(study, arm=arm)[1] for arm in ("robin", "jay", "robin")]
        worker.answer()
        assert [len(batch) for batch in _listener(worker).batches] == [2]
        assert [len(batch) for batch in other.asked] == [1]
        assert spoken(talks[1]) == ["Hello, I am Jay."]

    def test_the_number_of_queries_for_a_batch_does_not_grow_with_it(self, worker: Worker, study: Study) -> None:
        """But for one UPDATE a draft, all of them in one transaction."""
        counts = []
        for size in (1, 8):
            for _ in range(size):
                with_robin(study)
            with CaptureQueriesContext(connection) as queries:
                worker.serve()
            counts.append(len(queries))
        assert counts[1] - counts[0] <= 7


@pytest.mark.django_db(transaction=True)
def test_long_thinking_keeps_its_lease(worker: Worker) -> None:
    renewed = threading.Event()

    def think_long() -> None:
        first = AwaitedTurn.objects.get().leased_until
        for _ in range(100):  # a third of a second later the lease is renewed
            if AwaitedTurn.objects.get().leased_until != first:
                return renewed.set()
            renewed.wait(0.05)

    robin(worker, Listener(meanwhile=think_long))
    with_robin(opened(protocol_with("Robin", turn_lease="1")))
    AwaitedTurn.objects.update(due_at=timezone.now())
    worker.serve(0)
    assert renewed.is_set()
    assert AwaitedTurn.objects.get().text


class TestOnce:
    def test_a_message_that_comes_while_the_model_thinks_is_answered_too_once(
        self, worker: Worker, listener: Listener, conversation: Conversation
    ) -> None:
        news = iter(["And my flat.", "And my cat."])

        def go_on() -> None:
            if (text := next(news, None)) is not None:
                say(conversation, Role.SEEKER, text)

        listener.meanwhile = go_on
        worker.answer()
        assert spoken(conversation) == [], "the first reply was stale"
        worker.answer()
        assert spoken(conversation) == ["I read 2 of your messages."], "the second one is said"
        worker.answer()
        assert spoken(conversation)[1:] == ["I read 4 of your messages."], "and what came still later has its own"
        assert Generation.objects.count() == 2, "what nobody read has no story"

    def test_a_worker_that_comes_too_late_changes_nothing(
        self, worker: Worker, listener: Listener, conversation: Conversation
    ) -> None:
        other = Worker(worker.monkeypatch, worker.engines)

        def another_worker() -> None:
            listener.meanwhile = lambda: None
            other.serve(60)

        listener.meanwhile = another_worker
        worker.serve()
        assert len(listener.batches) == 2
        assert Generation.objects.count() == 1
        services.answer_turns(now=later(120))
        assert len(spoken(conversation)) == 1

    def test_a_conversation_that_ends_meanwhile_stays_as_it_ended(
        self, worker: Worker, listener: Listener, conversation: Conversation
    ) -> None:
        listener.meanwhile = lambda: end(conversation)
        worker.answer()
        assert spoken(conversation) == []
        assert not Generation.objects.exists()


class TestFilter:
    def test_what_may_not_be_said_is_drawn_again_and_counted(
        self, worker: Worker, agent: Agent, conversation: Conversation
    ) -> None:
        put_in_memory(worker, agent, Says(["You should kill yourself."], ["What happened?"]))
        worker.answer()
        assert spoken(conversation) == ["What happened?"]
        assert Generation.objects.get().refused == ["danger"]

    def test_in_the_end_it_is_a_safe_reply(self, worker: Worker, agent: Agent, conversation: Conversation) -> None:
        put_in_memory(worker, agent, Says([""]))
        worker.answer()
        safe = {reply.text: reply.strategy for reply in conversation.protocol.safe_replies}
        utterance = conversation.utterances.get(position=2)
        assert safe[utterance.text] == utterance.strategy
        made = Generation.objects.get()
        assert (made.refused, made.is_safe_reply) == (["empty"] * 4, True)

    @pytest.mark.parametrize(("may", "said"), [("false", False), ("true", True)])
    def test_whether_it_may_claim_to_be_human_is_the_studys(
        self, worker: Worker, agent: Agent, may: str, said: bool
    ) -> None:
        put_in_memory(worker, agent, Says(["I am a human, too."]))
        text = protocol_with("Robin", more=f"may_claim_to_be_human = {may}")
        conversation = with_robin(opened(text, slug="human"))[1]
        worker.answer()
        assert (spoken(conversation) == ["I am a human, too."]) is said


class TestFailure:
    def test_an_engine_that_raises_is_shown_logged_and_tried_again(
        self, worker: Worker, agent: Agent, conversation: Conversation, caplog: pytest.LogCaptureFixture
    ) -> None:
        put_in_memory(worker, agent, Broken())
        worker.serve()
        assert "Making 1 replies as Robin failed" in caplog.text
        assert Health.objects.get().error == "MemoryError: the engine is out of memory"
        assert not worker.serve(10), "it rests"
        put_in_memory(worker, agent, Listener())
        assert worker.serve(40)
        services.answer_turns(now=later(80))
        assert len(spoken(conversation)) == 1

    def test_one_that_failed_is_taken_again_and_harms_no_other(
        self, worker: Worker, agent: Agent, study: Study
    ) -> None:
        put_in_memory(worker, agent, Says([None, "What happened?"], ["How are you?"]))
        talks = [with_robin(study)[1] for _ in range(2)]
        worker.answer()
        assert [spoken(talk) for talk in talks] == [[], ["What happened?"]]
        assert Health.objects.get().error == "the server did not answer"
        worker.serve(40)
        services.answer_turns(now=later(80))
        assert spoken(talks[0]) == ["How are you?"]

    def test_after_so_many_tries_the_conversation_ends_and_is_paid(
        self, worker: Worker, agent: Agent, study: Study, caplog: pytest.LogCaptureFixture
    ) -> None:
        put_in_memory(worker, agent, Broken())
        person, conversation = with_robin(study)
        say(conversation, Role.SEEKER, "Hello?")
        for tries in range(1, 5):
            assert AwaitedTurn.objects.get().tries == tries - 1
            worker.serve(40 * tries)
        _sweep(worker.monkeypatch, 159)
        assert Conversation.objects.get().is_open, "the last try has its lease, too"
        assert not worker.serve(300), "nobody takes it a fifth time"
        _sweep(worker.monkeypatch, 195)
        conversation.refresh_from_db()
        assert conversation.ending == Ending.MODEL_FAILED
        assert seat_of(person).outcome == Outcome.MODEL_FAILED
        assert person.sitting.paid.conversations == 1, "the whole conversation"
        assert "No reply came of" in caplog.text

    def test_where_nobody_is_alive_the_seeker_is_told_and_then_it_ends_paid(self, worker: Worker, study: Study) -> None:
        person, conversation = with_robin(study)
        say(conversation, Role.SEEKER, "Hello?")
        _sweep(worker.monkeypatch, 20)
        assert not Notice.objects.exists()
        _sweep(worker.monkeypatch, 34)
        _sweep(worker.monkeypatch, 36)
        notice = Notice.objects.get()
        assert (notice.kind, notice.role) == (Notice.Kind.QUEUE, Role.SEEKER)
        assert "is not answering" in notice.text
        _sweep(worker.monkeypatch, 361)
        conversation.refresh_from_db()
        assert conversation.ending == Ending.MODEL_FAILED
        assert person.sitting.paid.conversations == 1
        assert not AwaitedTurn.objects.exists(), "and the queue is empty"


def _listener(worker: Worker) -> Listener:
    (found,) = [engine for engine in worker.engines.values() if isinstance(engine, Listener)]
    return found


def _sweep(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """The chat's clocks, so many seconds from now."""
    moment = later(seconds)
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", lambda: moment)
        sweep()
