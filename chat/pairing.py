"""The lobby's rows: who waits, and how two of them (or one and an agent) come into a conversation."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from chat.awaited import await_turn
from chat.clocks import first_word
from chat.lobby import Waiter, pairs
from chat.meter import start_meter, stop_meter
from chat.models import Connection, Conversation, Waiting
from chat.publish import lobby_seat, push
from esc.errors import Refusal
from esc.ontology import Outcome, Role
from esc.participants.addresses import address
from esc.participants.journey import Page, next_page
from esc.participants.models import Seat, Sitting
from esc.participants.services import finish_sitting, finish_step


@transaction.atomic
def enter_lobby(*, sitting: Sitting) -> Waiting:
    """The person waits at their current seat; coming back keeps the place. Opposite an agent the chat begins at once.

    Whoever was left by a partner before a real chat stands at the front. The meter of paid waiting runs. Refuses
    (`out_of_order`) whoever does not belong in the lobby now.
    """
    seat = sitting.current_seat
    if seat is None or next_page(sitting.facts) is not Page.LOBBY:
        raise Refusal("out_of_order", "Please go on from the page you are on.")
    now, clocks = timezone.now(), sitting.protocol.clocks
    waiting, _ = Waiting.objects.get_or_create(
        seat=seat,
        defaults={
            "study": sitting.study,
            "front": seat.instead_of_id is not None,
            "ask_at": now + timedelta(seconds=clocks.lobby),
        },
    )
    start_meter(waiting, at=now)
    agent = sitting.protocol.arm(sitting.arm).supporter
    if agent != "person" and _claim(waiting):
        start_conversation(seeker=seat, supporter=Seat.objects.create(role=Role.SUPPORTER, agent=agent))
    return waiting


@transaction.atomic
def leave_lobby(*, sitting: Sitting) -> Page:
    """The person waits no longer and is finished, paid for the wait; whoever was paired meanwhile goes to the chat."""
    seat = sitting.current_seat
    if seat is not None:
        stop_meter(seat_id=seat.pk, at=timezone.now())
    Waiting.objects.filter(seat=seat, paired_at__isnull=True).delete()
    if next_page(sitting.facts) is not Page.LOBBY:
        return next_page(sitting.facts)
    return finish_sitting(sitting_id=sitting.pk, outcome=Outcome.NO_PARTNER)


@transaction.atomic
def wait_on(*, sitting: Sitting) -> Page:
    """The person waits on, and is asked again when the lobby's clock has run out once more."""
    ask_at = timezone.now() + timedelta(seconds=sitting.protocol.clocks.lobby)
    Waiting.objects.filter(seat=sitting.current_seat, paired_at__isnull=True).update(ask_at=ask_at, asked_at=None)
    return next_page(sitting.facts)


def ask_who_waited_long(now: datetime) -> int:
    """Whoever has waited for the lobby's whole clock is asked whether to wait on; says how many were.

    They keep their place meanwhile and may still be paired: a question unanswered costs nobody their partner.
    """
    due = Waiting.objects.filter(paired_at__isnull=True, asked_at__isnull=True, ask_at__lte=now)
    asked = 0
    for waiting_id, seat_id in list(due.values_list("pk", "seat_id")):
        if due.filter(pk=waiting_id).update(asked_at=now):
            push(lobby_seat(seat_id), {"type": "asked"})
            asked += 1
    return asked


@transaction.atomic
def pair_waiting(*, study_id: int) -> int:
    """Everyone in this study's lobby who can be paired now is in a conversation; comes back with how many pairs.

    Safe from any number of processes: rows are locked where the database can, and claimed by a conditional UPDATE.
    """
    alive = Connection.objects.alive(timezone.now()).filter(seat=OuterRef("seat"))
    queue = list(
        Waiting.objects.filter(Exists(alive), study_id=study_id, paired_at__isnull=True)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("seat__sitting__participant", "seat__sitting__protocol_version")
        .order_by("-front", "entered_at", "id")
    )
    rows = {waiting.seat_id: waiting for waiting in queue}
    paired = 0
    for seeker, supporter in pairs([_waiter(waiting) for waiting in queue], _met(study_id)):
        two = rows[seeker.seat_id], rows[supporter.seat_id]
        if all(_claim(waiting) for waiting in two):
            start_conversation(seeker=two[0].seat, supporter=two[1].seat)
            paired += 1
    return paired


def pair_everywhere() -> int:
    """Pair in every study where somebody waits; comes back with how many pairs."""
    studies = Waiting.objects.filter(paired_at__isnull=True).order_by().values_list("study_id", flat=True).distinct()
    return sum(pair_waiting(study_id=study_id) for study_id in list(studies))


@transaction.atomic
def start_conversation(*, seeker: Seat, supporter: Seat) -> Conversation:
    """A conversation of these two seats, under the seeker's protocol version. Both people are told where it is."""
    sitting = seeker.sitting
    if sitting is None:
        raise ValueError("a live conversation needs a seeker who is a person")
    now, protocol = timezone.now(), sitting.protocol
    due = now + timedelta(seconds=protocol.clocks.connect)
    conversation = Conversation.objects.create(
        study=sitting.study,
        protocol_version=sitting.protocol_version,
        purpose=sitting.study.purpose,
        arm=sitting.arm,
        seeker=seeker,
        supporter=supporter,
        started_at=now,
        owed_by=first_word(protocol.chat.opens, agent=bool(supporter.agent)) or "",
        seeker_due_back=due,
        supporter_due_back=None if supporter.agent else due,
    )
    if supporter.agent and protocol.chat.opens != "seeker":
        await_turn(conversation.pk, protocol, after_position=0, now=now)
    for seat in (seeker, supporter):
        if seat.sitting is not None:
            page = finish_step(sitting_id=seat.sitting.pk, step=Page.LOBBY)
            _call(seat.pk, address(seat.sitting, page))
    return conversation


def _call(seat_id: int, url: str) -> None:
    transaction.on_commit(lambda: push(lobby_seat(seat_id), {"type": "paired", "next": url}), robust=True)


def _claim(waiting: Waiting) -> bool:
    now = timezone.now()
    if not Waiting.objects.filter(pk=waiting.pk, paired_at__isnull=True).update(paired_at=now):
        return False
    stop_meter(seat_id=waiting.seat_id, at=now)
    return True


def _waiter(waiting: Waiting) -> Waiter:
    sitting = waiting.seat.sitting
    if sitting is None:
        raise ValueError("only people wait in the lobby")
    return Waiter(waiting.seat_id, sitting.participant_id, Role(waiting.seat.role), sitting.arm)


def _met(study_id: int) -> set[frozenset[UUID]]:
    held = Conversation.objects.filter(study_id=study_id, import_index__isnull=True, supporter__sitting__isnull=False)
    rows = held.values_list("seeker__sitting__participant_id", "supporter__sitting__participant_id")
    return {frozenset(row) for row in rows}
