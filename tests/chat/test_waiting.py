"""How the waiting goes: the place in the queue, the wait to expect, the meter of paid minutes, the lobby's clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone

from chat.models import Connection, Waiting
from chat.pairing import ask_who_waited_long, enter_lobby, leave_lobby, pair_waiting, wait_on
from chat.presence import connect, disconnect, forget_dead_connections
from chat.waiting import Place, place_of
from esc.ontology import Role
from esc.participants.journey import Page
from esc.studies.models import Study
from tests.chat.sockets import socket
from tests.chat.talk import paired, seat_of
from tests.people import Person, join

db = database_sync_to_async
NOON = datetime.fromisoformat("2026-11-21T12:00:00+00:00")


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now

    def after(self, seconds: int, *, renewed: bool = False) -> datetime:
        """So many seconds pass. `renewed`: the process that holds the open sockets renews their leases meanwhile."""
        self.now += timedelta(seconds=seconds)
        if renewed:
            Connection.objects.update(alive_until=self.now + timedelta(seconds=45))
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(timezone, "now", made)
    return made


def wait(person: Person) -> UUID:
    """The person's page is open in the lobby."""
    connection_id = uuid4()
    connect(connection_id=connection_id, seat_id=seat_of(person).pk)
    enter_lobby(sitting=person.sitting)
    return connection_id


def place(person: Person) -> Place:
    found = place_of(person.sitting, timezone.now())
    assert found is not None
    return found


class TestTheQueue:
    def test_everyone_has_a_place_among_those_of_their_part(
        self, clock: Clock, sam: Person, mallory: Person, study: Study
    ) -> None:
        for person in (mallory, sam):
            wait(person)
            clock.after(1)
        wait(join(study, Role.SEEKER, arm="people"))
        assert [place(person).position for person in (mallory, sam)] == [1, 2]

    def test_who_has_closed_the_page_is_not_counted(self, clock: Clock, sam: Person, mallory: Person) -> None:
        gone = wait(mallory)
        clock.after(1)
        wait(sam)
        disconnect(connection_id=gone)
        assert place(sam).position == 1

    def test_the_front_goes_before_everyone(self, clock: Clock, sam: Person, mallory: Person) -> None:
        wait(sam)
        clock.after(1)
        wait(mallory)
        Waiting.objects.filter(seat=seat_of(mallory)).update(front=True)
        assert [place(person).position for person in (mallory, sam)] == [1, 2]

    def test_who_has_not_entered_has_no_place(self, sam: Person) -> None:
        assert place_of(sam.sitting, timezone.now()) is None


class TestTheWaitToExpect:
    def were_paired(self, study: Study, *waits: int, at: datetime) -> None:
        for seconds in waits:
            person = join(study, Role.SEEKER)
            Waiting.objects.create(seat=seat_of(person), study=study, paired_at=at)
            person.sitting.seats.update(waited_s=seconds)

    def test_it_is_told_from_the_last_hour(self, clock: Clock, study: Study, sam: Person) -> None:
        self.were_paired(study, 30, 130, 600, at=NOON - timedelta(minutes=30))
        self.were_paired(study, 1, 1, 1, 1, at=NOON - timedelta(minutes=90))
        wait(sam)
        assert place(sam).expected == 3

    def test_of_too_few_nothing_is_told(self, clock: Clock, study: Study, sam: Person) -> None:
        self.were_paired(study, 30, 130, at=NOON)
        wait(sam)
        assert place(sam).expected is None
        assert "We cannot say yet" in sam.client.get("/study/demo/lobby/").content.decode()

    def test_the_other_parts_waits_tell_nothing(self, clock: Clock, study: Study, pat: Person) -> None:
        self.were_paired(study, 30, 130, 600, at=NOON)
        wait(pat)
        assert place(pat).expected is None


class TestTheMeter:
    def test_it_runs_while_the_page_is_open(self, clock: Clock, sam: Person) -> None:
        gone = wait(sam)
        clock.after(61, renewed=True)
        assert (place(sam).waited, place(sam).pays) == (2, Decimal("0.40"))
        disconnect(connection_id=gone)
        clock.after(60 * 60 * 24)
        wait(sam)
        clock.after(9)
        assert place(sam).waited == 2
        leave_lobby(sitting=sam.sitting)
        assert (seat_of(sam).waited_s, sam.sitting.paid.amount) == (70, Decimal("0.40"))

    def test_two_tabs_are_one_meter(self, clock: Clock, sam: Person) -> None:
        first = wait(sam)
        clock.after(30)
        wait(sam)
        disconnect(connection_id=first)
        clock.after(30)
        leave_lobby(sitting=sam.sitting)
        assert seat_of(sam).waited_s == 60

    def test_it_stops_where_a_killed_process_was_last_heard_of(self, clock: Clock, sam: Person) -> None:
        wait(sam)
        forget_dead_connections(clock.after(3600))
        assert seat_of(sam).waited_s == 45

    def test_it_stops_when_a_partner_is_found(self, clock: Clock, study: Study, sam: Person, pat: Person) -> None:
        gone = wait(sam)
        clock.after(50, renewed=True)
        wait(pat)
        pair_waiting(study_id=study.pk)
        disconnect(connection_id=gone)
        clock.after(50)
        assert (seat_of(sam).waited_s, seat_of(pat).waited_s) == (50, 0)


class TestTheLobbysClock:
    def test_after_fifteen_minutes_one_is_asked_and_may_wait_on(self, clock: Clock, sam: Person) -> None:
        wait(sam)
        assert ask_who_waited_long(clock.after(899)) == 0
        assert not place(sam).asked
        assert ask_who_waited_long(clock.after(1)) == 1
        assert ask_who_waited_long(clock()) == 0
        assert place(sam).asked
        assert wait_on(sitting=sam.sitting) is Page.LOBBY
        assert not place(sam).asked
        assert ask_who_waited_long(clock.after(899)) == 0
        assert ask_who_waited_long(clock.after(1)) == 1

    def test_a_question_unanswered_costs_nobody_their_partner(
        self, clock: Clock, study: Study, sam: Person, pat: Person
    ) -> None:
        Waiting.objects.filter(seat=seat_of(sam)).update(asked_at=NOON)
        wait(sam)
        wait(pat)
        assert pair_waiting(study_id=study.pk) == 1

    def test_the_page_asks_and_both_answers_lead_on(self, clock: Clock, sam: Person, mallory: Person) -> None:
        for person in (sam, mallory):
            wait(person)
        clock.after(900)
        assert "data-leave\n        hidden" in sam.client.get("/study/demo/lobby/").content.decode()
        assert sam.client.post("/study/demo/lobby/wait-on/").headers["Location"] == "/study/demo/lobby/"
        assert mallory.client.post("/study/demo/lobby/leave/").headers["Location"] == "/study/demo/finish/"

    @pytest.mark.django_db(transaction=True)
    async def test_the_open_page_is_told(self, sam: Person) -> None:
        async with socket("/ws/lobby/demo/", cookie=sam.cookie) as seeker:
            await seeker.until("waiting")
            assert await db(ask_who_waited_long)(timezone.now() + timedelta(minutes=16)) == 1
            assert await seeker.until("asked") == {"type": "asked"}


class TestThePageThatPolls:
    def test_it_is_told_how_the_queue_moves(self, clock: Clock, sam: Person) -> None:
        wait(sam)
        answer = sam.client.get("/study/demo/lobby/queue/").json()
        assert (answer["next"], answer["asked"]) == (None, False)
        assert "You are next" in answer["html"]
        assert "<html" not in answer["html"]

    def test_it_learns_of_a_partner_without_a_socket(self, sam: Person, pat: Person) -> None:
        paired(sam, pat)
        answer = sam.client.get("/study/demo/lobby/queue/").json()
        assert answer == {"next": "/study/demo/chat/", "paired": True}

    def test_it_is_sent_on_where_the_person_belongs_elsewhere(self, sam: Person) -> None:
        leave_lobby(sitting=sam.sitting)
        answer = sam.client.get("/study/demo/lobby/queue/").json()
        assert answer == {"next": "/study/demo/finish/", "paired": False}

    def test_strangers_are_told_nothing(self, sam: Person) -> None:
        sam.client.cookies.clear()
        assert sam.client.get("/study/demo/lobby/queue/").status_code == 403
        assert sam.client.post("/study/demo/lobby/wait-on/").status_code == 403
