"""Every clock of a conversation on a controlled time: who is nudged, how it ends, and what that is for each person."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone

from chat import overdue, presence
from chat.endings import finish_conversation, propose_end, stop_conversation
from chat.models import AwaitedTurn, Conversation, Notice
from chat.overdue import end_overdue, nudge_silent
from chat.pairing import enter_lobby
from chat.presence import connect, disconnect, forget_dead_connections, renew_leases
from chat.tasks import sweep
from chat.typing import note_typing
from chat.welcome import read_welcome
from esc.errors import Refusal
from esc.ontology import Ending, Outcome, Purpose, Role
from esc.participants.journey import Page
from esc.studies.loading import default_protocol_text
from esc.studies.models import Study
from esc.studies.services import create_study, open_study
from tests.chat.sockets import tab
from tests.chat.talk import admitted, paired, say, seat_of, talk
from tests.people import Person, join

db = database_sync_to_async
SEEKER, SUPPORTER = Role.SEEKER, Role.SUPPORTER
MINUTE = 60  # seconds


class Clock:
    """The time of a test. It stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime.fromisoformat("2026-11-21T12:00:00+00:00")

    def __call__(self) -> datetime:
        return self.now

    def after(self, seconds: float) -> datetime:
        """Let so many seconds pass."""
        self.now += timedelta(seconds=seconds)
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(timezone, "now", made)
    return made


@pytest.fixture
def conversation(clock: Clock, sam: Person, pat: Person) -> Conversation:
    return paired(sam, pat)


def come(conversation: Conversation, role: Role) -> UUID:
    """That person opens the chat's page in one more tab."""
    connection_id = uuid4()
    connect(connection_id=connection_id, seat_id=conversation.seat(role).pk, conversation_id=conversation.pk)
    return connection_id


def both_come(conversation: Conversation) -> None:
    for role in Role:
        come(conversation, role)


def type_in(conversation: Conversation, role: Role) -> None:
    conversation.refresh_from_db()
    note_typing(here=admitted(conversation, role))


def notices(conversation: Conversation, role: Role) -> list[str]:
    """The kinds of the notices that a page of that side is told of when it connects."""
    welcome = json.loads(read_welcome(admitted(conversation, role), 0).frames[0])
    return [notice["kind"] for notice in welcome["notices"]]


def ending(conversation: Conversation) -> str:
    conversation.refresh_from_db()
    return conversation.ending


def outcomes(*people: Person) -> list[str]:
    return [seat_of(person).outcome for person in people]


class TestConnect:
    def test_who_never_comes_is_a_no_show_after_30_seconds(
        self, conversation: Conversation, clock: Clock, sam: Person, pat: Person
    ) -> None:
        come(conversation, SEEKER)
        assert end_overdue(clock.after(29)) == 0
        assert end_overdue(clock.after(1)) == 1
        assert ending(conversation) == Ending.NO_SHOW
        assert outcomes(sam, pat) == [Outcome.PARTNER_LEFT, Outcome.TIMED_OUT]
        assert [person.page for person in (sam, pat)] == [Page.LEFT, Page.ANOTHER]

    def test_neither_comes(self, conversation: Conversation, clock: Clock, sam: Person, pat: Person) -> None:
        end_overdue(clock.after(30))
        assert ending(conversation) == Ending.NO_SHOW
        assert outcomes(sam, pat) == [Outcome.TIMED_OUT, Outcome.TIMED_OUT]

    def test_the_lobbys_page_is_not_the_chats(self, conversation: Conversation, clock: Clock, sam: Person) -> None:
        come(conversation, SUPPORTER)
        lobby = uuid4()
        connect(connection_id=lobby, seat_id=seat_of(sam).pk)
        disconnect(connection_id=lobby)
        end_overdue(clock.after(30))
        assert ending(conversation) == Ending.NO_SHOW


class TestFirstMessage:
    def test_nobody_writes_for_two_minutes(
        self, conversation: Conversation, clock: Clock, sam: Person, pat: Person
    ) -> None:
        come(conversation, SEEKER)
        clock.after(20)
        come(conversation, SUPPORTER)
        assert end_overdue(clock.after(119)) == 0
        assert end_overdue(clock.after(1)) == 1
        assert ending(conversation) == Ending.SILENCE
        assert outcomes(sam, pat) == [Outcome.TIMED_OUT, Outcome.TIMED_OUT]
        assert [person.page for person in (sam, pat)] == [Page.ANOTHER, Page.ANOTHER]

    @pytest.mark.parametrize("opens", Role)
    def test_who_opens_owes_the_first_word(self, opens: Role, db: None, clock: Clock) -> None:
        text = default_protocol_text().replace('opens = "either"', f'opens = "{opens}"')
        study = create_study(slug="opens", text=text)
        open_study(study_id=study.pk)
        people = {role: join(Study.objects.get(pk=study.pk), role) for role in Role}
        conversation = paired(people[SEEKER], people[SUPPORTER])
        both_come(conversation)
        end_overdue(clock.after(2 * MINUTE))
        assert outcomes(people[opens], people[opens.other]) == [Outcome.TIMED_OUT, Outcome.PARTNER_LEFT]
        assert people[opens.other].page is Page.LEFT

    def test_a_long_first_message_may_take_its_time(self, conversation: Conversation, clock: Clock) -> None:
        both_come(conversation)
        clock.after(100)
        type_in(conversation, SEEKER)
        assert end_overdue(clock.after(119)) == 0
        assert end_overdue(clock.after(1)) == 1

    def test_the_first_word_may_come_before_the_other_person_does(
        self, conversation: Conversation, clock: Clock
    ) -> None:
        come(conversation, SEEKER)
        say(conversation, SEEKER, "Hello?")
        clock.after(20)
        come(conversation, SUPPORTER)
        assert end_overdue(clock.after(5 * MINUTE)) == 0
        assert end_overdue(clock.after(40)) == 1


class TestSilence:
    @pytest.mark.parametrize("last", Role)
    def test_who_owes_the_reply_is_nudged_at_three_minutes_and_timed_out_at_six(
        self, last: Role, conversation: Conversation, clock: Clock, sam: Person, pat: Person
    ) -> None:
        both_come(conversation)
        say(conversation, last, "Are you still there?")
        people = {SEEKER: sam, SUPPORTER: pat}
        assert nudge_silent(clock.after(179)) == 0
        assert nudge_silent(clock.after(1)) == 1
        assert nudge_silent(clock.after(1)) == 0
        notice = Notice.objects.get()
        assert (notice.kind, notice.role) == (Notice.Kind.NUDGE, last.other)
        assert "waiting for a message from you" in notice.text
        assert end_overdue(clock.after(178)) == 0
        assert end_overdue(clock.after(1)) == 1
        assert ending(conversation) == Ending.SILENCE
        assert outcomes(people[last.other], people[last]) == [Outcome.TIMED_OUT, Outcome.PARTNER_LEFT]

    def test_every_message_starts_it_anew(self, conversation: Conversation, clock: Clock) -> None:
        both_come(conversation)
        for role in (SEEKER, SUPPORTER, SEEKER):
            say(conversation, role, "Here I am.")
            assert end_overdue(clock.after(359)) == 0
        assert end_overdue(clock.after(1)) == 1

    def test_typing_by_who_owes_restarts_it_for_ten_minutes_at_most(
        self, conversation: Conversation, clock: Clock
    ) -> None:
        both_come(conversation)
        say(conversation, SEEKER, "I do not know where to begin.")
        for _ in range(10):
            clock.after(59)
            type_in(conversation, SUPPORTER)
        assert (nudge_silent(clock()), end_overdue(clock())) == (0, 0)
        clock.after(30)
        type_in(conversation, SUPPORTER)  # ten minutes are over: this one does not count
        assert end_overdue(clock.after(329)) == 0
        assert end_overdue(clock.after(1)) == 1

    def test_typing_by_the_other_does_not(self, conversation: Conversation, clock: Clock) -> None:
        both_come(conversation)
        say(conversation, SEEKER, "Hello.")
        clock.after(5 * MINUTE)
        type_in(conversation, SEEKER)
        assert end_overdue(clock.after(MINUTE)) == 1

    def test_typing_is_written_down_every_few_seconds_at_most(self, conversation: Conversation, clock: Clock) -> None:
        both_come(conversation)
        say(conversation, SEEKER, "Hello.")
        clock.after(2)
        before = Conversation.objects.get().silence_due_at
        type_in(conversation, SUPPORTER)
        assert Conversation.objects.get().silence_due_at == before

    def test_a_nudge_is_over_once_it_was_answered(self, conversation: Conversation, clock: Clock) -> None:
        both_come(conversation)
        say(conversation, SEEKER, "Hello.")
        nudge_silent(clock.after(180))
        conversation.refresh_from_db()
        assert notices(conversation, SUPPORTER) == ["nudge"]
        assert notices(conversation, SEEKER) == []
        clock.after(1)
        say(conversation, SUPPORTER, "Yes, I am here.")
        conversation.refresh_from_db()
        assert notices(conversation, SUPPORTER) == []


class TestReconnectGrace:
    def test_who_does_not_come_back_within_two_minutes_is_timed_out(
        self, conversation: Conversation, clock: Clock, sam: Person, pat: Person
    ) -> None:
        come(conversation, SEEKER)
        gone = come(conversation, SUPPORTER)
        say(conversation, SEEKER, "Hello.")
        disconnect(connection_id=gone)
        assert end_overdue(clock.after(119)) == 0
        assert end_overdue(clock.after(1)) == 1
        assert ending(conversation) == Ending.DISCONNECT
        assert outcomes(sam, pat) == [Outcome.PARTNER_LEFT, Outcome.TIMED_OUT]
        assert [person.page for person in (sam, pat)] == [Page.LEFT, Page.SURVEY_AFTER]

    def test_after_a_real_chat_both_are_asked_about_it(
        self, conversation: Conversation, clock: Clock, sam: Person, pat: Person
    ) -> None:
        come(conversation, SEEKER)
        gone = come(conversation, SUPPORTER)
        talk(conversation, 8)
        disconnect(connection_id=gone)
        end_overdue(clock.after(120))
        assert [person.page for person in (sam, pat)] == [Page.SURVEY_AFTER, Page.SURVEY_AFTER]

    def test_coming_back_in_time_is_as_if_nothing_had_been(self, conversation: Conversation, clock: Clock) -> None:
        come(conversation, SEEKER)
        gone = come(conversation, SUPPORTER)
        say(conversation, SEEKER, "Hello.")
        disconnect(connection_id=gone)
        clock.after(119)
        come(conversation, SUPPORTER)
        assert end_overdue(clock.after(2 * MINUTE)) == 0

    def test_one_tab_of_two_that_closes_starts_nothing(self, conversation: Conversation, clock: Clock) -> None:
        come(conversation, SEEKER)
        come(conversation, SUPPORTER)
        disconnect(connection_id=come(conversation, SUPPORTER))
        say(conversation, SEEKER, "Hello.")
        assert end_overdue(clock.after(3 * MINUTE)) == 0

    def test_both_gone_for_good_are_both_timed_out(
        self, conversation: Conversation, clock: Clock, sam: Person, pat: Person
    ) -> None:
        tabs = [come(conversation, role) for role in Role]
        say(conversation, SEEKER, "Hello.")
        for gone in tabs:
            disconnect(connection_id=gone)
        end_overdue(clock.after(120))
        assert outcomes(sam, pat) == [Outcome.TIMED_OUT, Outcome.TIMED_OUT]

    def test_a_lease_given_up_while_the_database_was_away_is_taken_again(
        self, conversation: Conversation, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(presence, "_held", {})  # no socket of another test
        both_come(conversation)
        say(conversation, SEEKER, "Hello.")
        assert forget_dead_connections(clock.after(46)) == 2
        renew_leases()
        assert conversation.connections.count() == 2
        assert end_overdue(clock.after(3 * MINUTE)) == 0


class TestProposedEnd:
    def test_silence_waits_while_a_proposal_stands(self, conversation: Conversation, clock: Clock) -> None:
        both_come(conversation)
        say(conversation, SUPPORTER, "Shall we stop here?")
        clock.after(330)
        propose_end(conversation_id=conversation.pk)
        assert end_overdue(clock.after(59)) == 0
        assert end_overdue(clock.after(1)) == 1
        assert ending(conversation) == Ending.ENDED_BY_SUPPORTER


class TestAgent:
    @pytest.fixture
    def opposite_an_agent(self, clock: Clock, study: Study) -> Conversation:
        enter_lobby(sitting=join(study, Role.SEEKER, arm="scripted").sitting)
        return Conversation.objects.get()

    def test_an_agent_that_does_not_answer_has_failed_and_the_seeker_is_paid_in_full(
        self, opposite_an_agent: Conversation, clock: Clock
    ) -> None:
        come(opposite_an_agent, SEEKER)
        say(opposite_an_agent, SEEKER, "Hello?")
        assert nudge_silent(clock.after(5 * MINUTE)) == 0
        assert end_overdue(clock.after(59)) == 0
        assert end_overdue(clock.after(1)) == 1
        assert ending(opposite_an_agent) == Ending.MODEL_FAILED
        opposite_an_agent.seeker.refresh_from_db()
        assert opposite_an_agent.seeker.outcome == Outcome.MODEL_FAILED
        assert opposite_an_agent.seeker.ledger_line.conversations == 1
        assert not AwaitedTurn.objects.exists()

    def test_an_agent_that_never_opens_has_failed(self, opposite_an_agent: Conversation, clock: Clock) -> None:
        come(opposite_an_agent, SEEKER)
        assert end_overdue(clock.after(359)) == 0
        assert end_overdue(clock.after(1)) == 1
        assert ending(opposite_an_agent) == Ending.MODEL_FAILED

    def test_an_agent_that_waits_for_who_types_has_not(self, opposite_an_agent: Conversation, clock: Clock) -> None:
        come(opposite_an_agent, SEEKER)
        say(opposite_an_agent, SEEKER, "Hello?")
        for _ in range(15):
            clock.after(MINUTE)
            type_in(opposite_an_agent, SEEKER)
        assert end_overdue(clock.after(5 * MINUTE)) == 0

    def test_a_seeker_who_never_comes_is_a_no_show(self, opposite_an_agent: Conversation, clock: Clock) -> None:
        end_overdue(clock.after(30))
        assert ending(opposite_an_agent) == Ending.NO_SHOW


class TestTheSweep:
    @pytest.fixture
    def silent(self, conversation: Conversation, clock: Clock) -> Conversation:
        both_come(conversation)
        say(conversation, SEEKER, "Hello.")
        clock.after(6 * MINUTE)
        return conversation

    def test_it_may_run_twice(self, silent: Conversation) -> None:
        sweep()
        sweep()
        assert ending(silent) != ""
        assert Notice.objects.count() == 0

    def test_a_rehearsal_has_no_clocks(self, silent: Conversation, clock: Clock) -> None:
        Conversation.objects.update(purpose=Purpose.REHEARSE)
        assert (nudge_silent(clock()), end_overdue(clock())) == (0, 0)

    def test_one_that_fails_keeps_nobody_else_waiting(
        self,
        silent: Conversation,
        study: Study,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        other = paired(join(study, SEEKER), join(study, SUPPORTER))
        finish: Callable[..., None] = finish_conversation

        def fails_once(*, conversation_id: UUID, **more: object) -> None:
            if conversation_id == silent.pk:
                raise ZeroDivisionError
            finish(conversation_id=conversation_id, **more)

        monkeypatch.setattr(overdue, "finish_conversation", fails_once)
        assert end_overdue(clock.after(MINUTE)) == 1
        assert (ending(silent), ending(other)) == ("", Ending.NO_SHOW)
        assert "ZeroDivisionError" in caplog.text


def test_a_researcher_stops_it(conversation: Conversation, sam: Person, pat: Person) -> None:
    say(conversation, SEEKER, "Hello.")
    stop_conversation(conversation_id=conversation.pk, reason="Somebody was in danger.")
    assert ending(conversation) == Ending.STOPPED
    assert conversation.end_reason == "Somebody was in danger."
    assert outcomes(sam, pat) == [Outcome.PARTNER_LEFT, Outcome.PARTNER_LEFT]
    with pytest.raises(Refusal):
        stop_conversation(conversation_id=conversation.pk, reason="")


@pytest.mark.django_db(transaction=True)
async def test_the_page_learns_how_long_an_absent_partner_is_waited_for(sam: Person, pat: Person) -> None:
    conversation = await db(paired)(sam, pat)
    async with tab(sam, conversation) as seeker:
        frame = await seeker.until("presence")
        assert not frame["present"]
        assert 25 <= frame["grace_s"] <= 30
        async with tab(pat, conversation):
            assert (await seeker.until("presence"))["present"]
        frame = await seeker.until("presence")
        assert (frame["present"], frame["grace_s"]) == (False, 120)
