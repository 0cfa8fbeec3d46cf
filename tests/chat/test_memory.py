"""What a writer remembers is a guess: it saves reading, and where it is wrong nobody can tell from the outside.

Only PostgreSQL can prove a guess in the statement that writes. On SQLite nothing is remembered, and all of this holds.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat import bus, memory
from chat import writer as writing
from chat.batch import Committed
from chat.models import Conversation, Feedback, Utterance
from chat.publish import items_of
from chat.registry import Item
from chat.rows import lock_standings
from chat.rules import Action, Answer, Posted, Rate, Rated, Say
from chat.writer import Writer
from esc.errors import Refusal
from esc.ontology import Role, Strategy
from esc.safety.models import Alert
from esc.studies.models import Study
from tests.chat.talk import end, paired, rate, say
from tests.people import Person, join

SEEKER, SUPPORTER = Role.SEEKER, Role.SUPPORTER
REMEMBERS = connection.vendor == "postgresql"
pytestmark = pytest.mark.django_db(transaction=True)  # as it is served: what is unread is a transaction of its own


@pytest.fixture
def conversation(sam: Person, pat: Person) -> Conversation:
    return paired(sam, pat)


def no_row_is_read(*_: object, **__: object) -> Committed:
    raise AssertionError("a row was read")


class Process:
    """A web process, as far as it commits: its writer, with an event loop of its own."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self.writer = Writer()

    def commit(self, actions: Sequence[Action]) -> Committed:
        return self._runner.run(self.writer.commit(list(actions)))

    def answer(self, action: Action) -> Answer:
        (given_answer,) = self.commit([action]).answers
        return given_answer

    def position(self, action: Action) -> int:
        posted = self.answer(action)
        assert isinstance(posted, Posted), posted
        return posted.position

    def remembers(self, conversation: Conversation) -> bool:
        return self.writer.memory.take(conversation.pk) is not None

    def close(self) -> None:
        self.writer.close()
        self._runner.close()


@pytest.fixture
def here() -> Iterator[Process]:
    process = Process()
    yield process
    process.close()


@pytest.fixture
def there() -> Iterator[Process]:
    process = Process()
    yield process
    process.close()


def saying(conversation: Conversation, role: Role = SEEKER, text: str = "Hello", client_id: UUID | None = None) -> Say:
    strategy = Strategy.QUESTION if role is SUPPORTER else None
    return Say(conversation.pk, role, client_id or uuid4(), text, strategy)


def positions(conversation: Conversation) -> list[int]:
    return list(conversation.utterances.order_by("position").values_list("position", flat=True))


@pytest.mark.skipif(not REMEMBERS, reason="only PostgreSQL proves a guess in the statement that writes")
def test_what_is_remembered_is_not_read(
    conversation: Conversation, here: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.answer(saying(conversation))
    monkeypatch.setattr(writing, "commit", no_row_is_read)
    assert here.position(saying(conversation, SUPPORTER)) == 2
    assert here.position(saying(conversation, SUPPORTER)) == 3
    assert here.answer(Rate(conversation.pk, SEEKER, 3, 4)) == Rated(3, 4)
    assert here.position(saying(conversation)) == 4


def test_everything_a_message_changes_is_as_if_the_row_had_been_read(conversation: Conversation, here: Process) -> None:
    for role in (SEEKER, SUPPORTER, SUPPORTER):
        here.answer(saying(conversation, role))
    assert here.answer(Rate(conversation.pk, SEEKER, 3, 4)) == Rated(3, 4)
    Conversation.objects.update(end_proposed_until=timezone.now())
    said = saying(conversation)
    assert here.position(said) == 4
    row = Conversation.objects.get()
    assert (row.last_position, row.unrated, row.feedback_to_carry, row.end_proposed_until) == (4, [], None, None)
    assert row.owed_by == SUPPORTER
    assert row.owed_since is not None
    assert row.silence_due_at is not None
    assert row.silence_due_at - row.owed_since == timedelta(seconds=row.protocol.clocks.silence_end)
    assert Feedback.objects.values_list("through", "score", "carried_by").get() == (3, 4, 4)
    stored = Utterance.objects.get(position=4)
    assert (stored.client_id, stored.sent_at, stored.role) == (said.client_id, row.owed_since, SEEKER)


def test_somebody_else_wrote_meanwhile(conversation: Conversation, here: Process) -> None:
    assert here.position(saying(conversation)) == 1
    assert say(conversation, SUPPORTER, "Hello") == 2
    assert here.position(saying(conversation)) == 3
    assert positions(conversation) == [1, 2, 3]


def test_it_ended_meanwhile(conversation: Conversation, here: Process) -> None:
    here.answer(saying(conversation))
    end(conversation)
    refusal = here.answer(saying(conversation))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "ended"
    assert positions(conversation) == [1]


def test_it_was_rated_meanwhile(conversation: Conversation, here: Process) -> None:
    for role in (SEEKER, SUPPORTER, SUPPORTER):
        here.answer(saying(conversation, role))
    rate(conversation)  # elsewhere; what is remembered says that a rating is due
    assert here.position(saying(conversation)) == 4
    assert Feedback.objects.get().carried_by == 4


def test_a_message_that_was_posted_before_gives_its_first_answer(conversation: Conversation, here: Process) -> None:
    said = saying(conversation)
    first = here.answer(said)
    assert here.answer(said) == first
    twice = saying(conversation)
    one, other = here.commit([twice, twice]).answers
    assert one == other
    assert positions(conversation) == [1, 2]


def test_a_wrong_guess_harms_no_neighbour(study: Study, here: Process) -> None:
    right, wrong, new = (paired(join(study, SEEKER), join(study, SUPPORTER)) for _ in range(3))
    here.commit([saying(right), saying(wrong)])
    say(wrong, SUPPORTER, "Hello")
    actions = [saying(right), saying(new), saying(wrong), saying(right)]
    committed = here.commit(actions)
    assert [given.position for given in committed.answers if isinstance(given, Posted)] == [2, 1, 3, 3]
    assert {told.action for told in committed.told} == set(actions)
    assert [positions(one) for one in (right, wrong, new)] == [[1, 2, 3], [1, 2, 3], [1]]


def test_danger_is_heard_all_the_same(conversation: Conversation, here: Process) -> None:
    here.answer(saying(conversation))
    here.answer(saying(conversation, text="I don't want to live any more."))
    assert Alert.objects.get().position == 2


def test_a_fault_in_screening_costs_nobody_their_message(
    conversation: Conversation, here: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("it broke")

    here.answer(saying(conversation))
    monkeypatch.setattr("chat.danger.screen", broken)
    assert here.position(saying(conversation)) == 2


def tell(process: Process, committed: Committed, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process committed reaches this one."""
    monkeypatch.setattr(bus, "writer", process.writer)
    for told in committed.told:
        bus.take_over(items_of(told.conversation_id, told.event))


@pytest.mark.skipif(not REMEMBERS, reason="only PostgreSQL proves a guess in the statement that writes")
def test_what_another_process_tells_is_remembered_and_need_not_be_read(
    conversation: Conversation, here: Process, there: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(there, here.commit([saying(conversation)]), monkeypatch)  # not known there: it is read once
    tell(here, there.commit([saying(conversation, SUPPORTER)]), monkeypatch)
    with monkeypatch.context() as unread:
        unread.setattr(writing, "commit", no_row_is_read)
        for number in range(3, 20):
            process, other = (here, there) if number % 2 else (there, here)
            role = SEEKER if number % 2 else SUPPORTER
            committed = process.commit([saying(conversation, role)])
            assert [answer.position for answer in committed.answers if isinstance(answer, Posted)] == [number]
            tell(other, committed, monkeypatch)
            if number % 4 == 0:
                rated = here.commit([Rate(conversation.pk, SEEKER, number, 4)])
                assert rated.answers == [Rated(number, 4)]
                tell(there, rated, monkeypatch)
    assert list(Feedback.objects.order_by("through").values_list("carried_by", flat=True)) == [5, 9, 13, 17]


@pytest.mark.parametrize(
    ("frame", "stays"),
    [
        ({"type": "utterance", "position": 1, "role": "seeker"}, True),  # known
        ({"type": "utterance", "position": 2, "role": "supporter"}, True),
        ({"type": "utterance", "position": 3, "role": "seeker"}, False),  # one of them was not heard of
        ({"type": "typing", "role": "supporter"}, True),
        ({"type": "ended", "ending": "disconnect"}, False),
    ],
)
def test_what_cannot_be_followed_is_forgotten(
    frame: dict[str, object],
    stays: bool,
    conversation: Conversation,
    here: Process,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bus, "writer", here.writer)
    here.answer(saying(conversation))
    bus.take_over([Item(f"{conversation.pk}/seeker", 2, frame)])
    assert here.remembers(conversation) is (stays and REMEMBERS)


def test_it_is_bounded_and_forgets_who_was_quiet_the_longest(
    study: Study, here: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MOST", 2)
    one, two, three = (paired(join(study, SEEKER), join(study, SUPPORTER)) for _ in range(3))
    for conversation in (one, two, one, three):
        here.answer(saying(conversation))
    assert [here.remembers(each) for each in (one, two, three)] == [REMEMBERS, False, REMEMBERS]


@pytest.mark.skipif(not REMEMBERS, reason="SQLite lets one write at a time")
def test_what_others_change_at_the_same_time_is_kept(conversation: Conversation, here: Process) -> None:
    here.answer(saying(conversation))
    back_by = timezone.now() + timedelta(minutes=2)
    given: list[Answer] = []

    def write() -> None:
        given.append(here.answer(saying(conversation)))

    thread = threading.Thread(target=write)
    with transaction.atomic():
        Conversation.objects.filter(pk=conversation.pk).update(seeker_due_back=back_by)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive(), "it waits for the row"
    thread.join(10)
    row = Conversation.objects.get()
    assert (row.seeker_due_back, row.last_position) == (back_by, 2)
    assert [isinstance(one, Posted) for one in given] == [True]


@pytest.mark.skipif(not REMEMBERS, reason="SQLite lets one write at a time")
def test_an_ending_at_the_same_time_wins_or_loses_whole(conversation: Conversation, here: Process) -> None:
    here.answer(saying(conversation))
    given: list[Answer] = []

    def write() -> None:
        given.append(here.answer(saying(conversation)))

    thread = threading.Thread(target=write)
    with transaction.atomic():
        lock_standings([conversation.pk])
        end(conversation)
        thread.start()
        thread.join(0.5)
    thread.join(10)
    assert [one.code for one in given if isinstance(one, Refusal)] == ["ended"]
    assert positions(conversation) == [1]


@pytest.mark.skipif(not REMEMBERS, reason="SQLite lets one write at a time")
def test_two_processes_that_write_in_the_same_conversations_never_wait_for_each_other_in_a_ring(
    study: Study, here: Process, there: Process, caplog: pytest.LogCaptureFixture
) -> None:
    """PostgreSQL would end such a ring after a second, with an error."""
    conversations = [paired(join(study, SEEKER), join(study, SUPPORTER)) for _ in range(8)]
    given: list[Answer] = []

    def write(process: Process, order: list[Conversation]) -> None:
        for _ in range(40):
            given.extend(process.commit([saying(each, SUPPORTER) for each in order]).answers)

    threads = [
        threading.Thread(target=write, args=(here, conversations)),
        threading.Thread(target=write, args=(there, conversations[::-1])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert caplog.messages == []
    assert [type(one) for one in given] == [Posted] * 640
    assert all(positions(each) == list(range(1, 81)) for each in conversations)


steps = st.tuples(
    st.sampled_from(["here", "there"]),
    st.booleans(),  # whether the other process hears of it
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from([SEEKER, SUPPORTER, None])), min_size=1, max_size=6),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=12))
def test_whoever_remembers_what_nothing_is_lost_doubled_or_out_of_order(
    study: Study, here: Process, there: Process, turns: list[tuple[str, bool, list[tuple[int, Role | None]]]]
) -> None:
    conversations = [paired(join(study, SEEKER), join(study, SUPPORTER)) for _ in range(3)]
    processes = {"here": here, "there": there}
    acknowledged: dict[UUID, int] = {}
    refused: set[UUID] = set()
    for who, is_told, batch in turns:
        actions: list[Action] = []
        for number, role in batch:
            conversation = conversations[number]
            if role is None:
                due = Conversation.objects.get(pk=conversation.pk).feedback_due
                actions.append(Rate(conversation.pk, SEEKER, due or 1, 3))
            else:
                actions.append(saying(conversation, role))
        committed = processes[who].commit(actions)
        for told in committed.told if is_told else []:
            for one in items_of(told.conversation_id, told.event):
                if one.address.endswith("/seeker"):
                    processes["there" if who == "here" else "here"].writer.memory.hear(told.conversation_id, one.frame)
        for action, given_answer in zip(actions, committed.answers, strict=True):
            if isinstance(action, Say) and isinstance(given_answer, Posted):
                acknowledged[action.client_id] = given_answer.position
            elif isinstance(action, Say):
                refused.add(action.client_id)
    rows = Utterance.objects.filter(conversation__in=conversations)
    assert dict(rows.values_list("client_id", "position")) == acknowledged
    assert not refused & set(acknowledged)
    for conversation in conversations:
        row = Conversation.objects.get(pk=conversation.pk)
        assert positions(conversation) == list(range(1, row.last_position + 1))
        rated = {one.through or 0 for one in Feedback.objects.filter(conversation=conversation)}
        said = conversation.utterances.filter(role=SUPPORTER).order_by("position").values_list("position", flat=True)
        assert row.unrated == [at for at in said if at > max(rated, default=0)]
