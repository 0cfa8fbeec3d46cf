"""The lobby's rows and socket: who waits, and how they come together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from chat.models import AwaitedTurn, Connection, Conversation, Waiting
from chat.overdue import end_overdue
from chat.pairing import enter_lobby, leave_lobby, pair_everywhere, pair_waiting
from chat.presence import connect, forget_dead_connections
from chat.tasks import sweep
from esc.errors import Refusal
from esc.ontology import Outcome, Role
from esc.participants.journey import Page
from esc.participants.models import LedgerLine
from esc.studies.models import Study
from tests.chat.sockets import close_code, socket
from tests.chat.talk import paired, seat_of
from tests.people import Person, join

db = database_sync_to_async


def wait(*people: Person, alive: bool = True) -> None:
    for person in people:
        enter_lobby(sitting=person.sitting)
        if alive:
            connect(connection_id=uuid4(), seat_id=seat_of(person).pk)


def test_two_who_wait_come_together(study: Study, sam: Person, pat: Person) -> None:
    wait(sam, pat)
    assert pair_waiting(study_id=study.pk) == 1
    conversation = Conversation.objects.get()
    assert (conversation.seeker, conversation.supporter) == (seat_of(sam), seat_of(pat))
    assert conversation.protocol_version == study.version
    assert [person.page for person in (sam, pat)] == [Page.CHAT, Page.CHAT]
    assert pair_waiting(study_id=study.pk) == 0


def test_only_people_whose_sockets_are_alive_are_paired(study: Study, sam: Person, pat: Person) -> None:
    wait(sam)
    wait(pat, alive=False)
    assert pair_everywhere() == 0
    Connection.objects.create(seat=seat_of(pat), alive_until=timezone.now() - timedelta(seconds=1))
    assert pair_everywhere() == 0
    connect(connection_id=uuid4(), seat_id=seat_of(pat).pk)
    assert pair_everywhere() == 1


def test_first_come_first_served(study: Study, sam: Person, mallory: Person, pat: Person) -> None:
    wait(mallory, sam, pat)
    pair_waiting(study_id=study.pk)
    assert (mallory.page, sam.page) == (Page.CHAT, Page.LOBBY)


def test_nobody_meets_the_same_partner_twice(study: Study, sam: Person, pat: Person) -> None:
    from tests.chat.talk import end

    end(paired(sam, pat))
    for person in (sam, pat):
        person.sitting.seats.create(number=2, role=person.sitting.role, survey_before_at=timezone.now())
    wait(sam, pat)
    assert pair_waiting(study_id=study.pk) == 0


def test_coming_back_keeps_the_place(sam: Person) -> None:
    first = enter_lobby(sitting=sam.sitting)
    assert enter_lobby(sitting=sam.sitting) == first
    assert Waiting.objects.count() == 1


def test_who_belongs_elsewhere_cannot_wait(sam: Person, pat: Person) -> None:
    paired(sam, pat)
    with pytest.raises(Refusal):
        enter_lobby(sitting=sam.sitting)


def test_leaving_the_lobby_finishes_with_no_partner(sam: Person) -> None:
    wait(sam)
    assert leave_lobby(sitting=sam.sitting) is Page.FINISH
    assert sam.sitting.outcome == Outcome.NO_PARTNER
    assert not Waiting.objects.exists()


def test_who_is_paired_in_the_moment_of_leaving_goes_to_the_chat(study: Study, sam: Person, pat: Person) -> None:
    wait(sam, pat)
    before = sam.sitting
    pair_waiting(study_id=study.pk)
    assert leave_lobby(sitting=before) is Page.CHAT
    assert sam.sitting.finished_at is None


def test_opposite_an_agent_the_chat_begins_at_once_and_the_agent_opens(study: Study) -> None:
    sam = join(study, Role.SEEKER, arm="scripted")
    enter_lobby(sitting=sam.sitting)
    conversation = Conversation.objects.get()
    assert (conversation.agent, conversation.seeker) == ("scripted", seat_of(sam))
    assert AwaitedTurn.objects.get().after_position == 0
    assert sam.page is Page.CHAT


def test_a_socket_of_a_killed_process_is_forgotten(sam: Person) -> None:
    connect(connection_id=uuid4(), seat_id=seat_of(sam).pk)
    assert forget_dead_connections(timezone.now()) == 0
    assert forget_dead_connections(timezone.now() + timedelta(minutes=1)) == 1
    assert not Connection.objects.exists()


def test_the_sweep_may_run_twice(study: Study, sam: Person, pat: Person) -> None:
    wait(sam, pat)
    sweep()
    sweep()
    assert Conversation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
async def test_two_lobby_sockets_find_each_other(study: Study, sam: Person, pat: Person) -> None:
    async with socket("/ws/lobby/demo/", cookie=sam.cookie) as seeker:
        assert (await seeker.until("waiting"))["since"]
        async with socket("/ws/lobby/demo/", cookie=pat.cookie) as supporter:
            for waiter in (seeker, supporter):
                assert (await waiter.until("paired"))["next"] == "/study/demo/chat/"


@pytest.mark.django_db(transaction=True)
async def test_who_was_paired_while_away_is_told_on_return(study: Study, sam: Person, pat: Person) -> None:
    await db(paired)(sam, pat)
    async with socket("/ws/lobby/demo/", cookie=sam.cookie) as seeker:
        assert (await seeker.next())["type"] == "paired"


@pytest.mark.django_db(transaction=True)
async def test_a_frame_to_the_lobby_is_refused(sam: Person) -> None:
    async with socket("/ws/lobby/demo/", cookie=sam.cookie) as seeker:
        assert (await seeker.refused({"type": "say"}))["code"] == "bad_frame"


@pytest.mark.django_db(transaction=True)
async def test_the_lobby_turns_strangers_away(study: Study) -> None:
    newcomer = await db(join)(study, Role.SEEKER, until=Page.CONSENT)
    assert await close_code("/ws/lobby/demo/", cookie=None) == 4403
    assert await close_code("/ws/lobby/demo/", cookie=newcomer.cookie) == 4403
    assert await close_code("/ws/lobby/other/", cookie=newcomer.cookie) == 4403
    assert await close_code("/ws/lobby/demo/", cookie=newcomer.cookie, origin="https://evil.example") == 4403


PAIRS = 8


@pytest.mark.django_db(transaction=True)
def test_many_processes_that_pair_at_once_make_every_pair_once(study: Study) -> None:
    """PostgreSQL locks rows and lets the others skip them; SQLite lets one after the other write."""
    people = [join(study, role) for role in Role for _ in range(PAIRS)]
    wait(*people)
    together = threading.Barrier(4)

    def pair() -> int:
        together.wait()
        try:
            return sum(pair_waiting(study_id=study.pk) for _ in range(3))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        paired_here = [each.result() for each in [pool.submit(pair) for _ in range(4)]]
    paired_here.append(pair_everywhere())  # whom one process had locked while another looked
    assert sum(paired_here) == Conversation.objects.count() == PAIRS
    seats = [seat for row in Conversation.objects.values_list("seeker", "supporter") for seat in row]
    assert len(seats) == len(set(seats)) == 2 * PAIRS
    assert all(person.page is Page.CHAT for person in people)


@pytest.mark.django_db(transaction=True)
def test_pairing_and_leaving_at_once_end_in_one_of_the_two(study: Study) -> None:
    people = [join(study, role) for role in Role for _ in range(4)]
    wait(*people)
    together = threading.Barrier(2)

    def at_once(act: Callable[[], object]) -> None:
        together.wait()
        try:
            act()
        finally:
            connection.close()

    def all_leave() -> None:
        for person in people:
            leave_lobby(sitting=person.sitting)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(at_once, all_leave), pool.submit(at_once, pair_everywhere)]:
            done.result()
    for person in people:
        conversation = Conversation.objects.filter(Q(seeker=seat_of(person)) | Q(supporter=seat_of(person))).first()
        assert person.page is (Page.CHAT if conversation else Page.FINISH)


@pytest.mark.django_db(transaction=True)
def test_a_clock_that_many_workers_see_run_out_ends_the_chat_once(study: Study, sam: Person, pat: Person) -> None:
    conversation = paired(sam, pat)
    late = timezone.now() + timedelta(seconds=31)
    together = threading.Barrier(4)

    def work() -> int:
        together.wait()
        try:
            return end_overdue(late)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        ended = [each.result() for each in [pool.submit(work) for _ in range(4)]]
    assert sum(ended) == 1
    conversation.refresh_from_db()
    assert conversation.ending == "no_show"
    assert LedgerLine.objects.filter(seat__isnull=False).count() == 2
