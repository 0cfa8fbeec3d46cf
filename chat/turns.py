"""The turns that wait for an agent: claimed under a lease, drafted, spoken once (DESIGN §5, "A model's turn").

An agent's reply goes through `post_utterances` like a person's message. Every step is a conditional UPDATE on the
lease, so a worker that dies or comes too late changes nothing: its turn is taken again.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from chat.awaited import await_turn
from chat.events import Typing
from chat.models import AwaitedTurn, Conversation, Utterance
from chat.publish import publish
from chat.services import Posted, Say, post_utterances
from esc.ontology import Role
from esc.studies.frozen import frozen
from esc.studies.schema import Agent

TURNS = uuid.UUID("5b6f0f0e-6f7c-4b3e-9d55-1b7c0f6f7a10")  # names each turn's own client_id


class Draft(NamedTuple):
    """A reply that was made for a turn, and how long its agent is seen typing before it is said."""

    turn: AwaitedTurn
    strategy: str
    text: str
    typing: timedelta


class Awaited(NamedTuple):
    """An agent under one version of a protocol, of whom turns are due."""

    version_id: int
    agent: Agent


def free(now: datetime) -> Q:
    """Nobody is at it, and what failed has rested."""
    return Q(leased_until__isnull=True) | Q(leased_until__lte=now)


def awaited_agents(*, now: datetime) -> list[Awaited]:
    """Whom turns without a reply have been due of by `now`, whoever waits longest first."""
    rows = (
        AwaitedTurn.objects.filter(free(now), answered_at__isnull=True, text="", due_at__lte=now)
        .values_list("conversation__protocol_version_id", "conversation__supporter__agent")
        .annotate(first=Min("due_at"))
        .order_by("first")
    )
    return [Awaited(version_id, frozen(version_id).protocol.agent(name)) for version_id, name, _ in rows]


def claim_turns(*, now: datetime, of: Sequence[Awaited], limit: int = 32) -> list[AwaitedTurn]:
    """Up to `limit` turns of these agents that need a reply by `now`, the longest due first, leased to the caller.

    Each answers all that was said so far. One that was taken as often as its protocol allows is left to the sweep.
    """
    if not of:
        return []
    seats = [
        Q(conversation__protocol_version=awaited.version_id, conversation__supporter__agent=awaited.agent.name)
        for awaited in of
    ]
    return _claim(AwaitedTurn.objects.filter(reduce(or_, seats), text=""), now, limit)


def claim_replies(*, now: datetime, limit: int = 32) -> list[AwaitedTurn]:
    """Up to `limit` turns whose reply is made and whose typing time is over by `now`, leased to the caller."""
    return _claim(AwaitedTurn.objects.exclude(text=""), now, limit)


@transaction.atomic
def _claim(turns: QuerySet[AwaitedTurn], now: datetime, limit: int) -> list[AwaitedTurn]:
    """One lease for all of them. A row that another worker is at is passed over."""
    due = turns.filter(free(now), answered_at__isnull=True, due_at__lte=now).order_by("due_at")
    locked = due.select_for_update(skip_locked=True, of=("self",)).select_related("conversation__supporter")
    claimed = [turn for turn in locked[:limit] if turn.text or turn.tries < turn.protocol.chat.turn_tries]
    lease = uuid.uuid4()
    for turn in claimed:
        turn.lease, turn.leased_until = lease, now + lease_of(turn)
        turn.typing_since = turn.typing_since or now
        if not turn.text:
            turn.after_position, turn.tries = turn.conversation.last_position, turn.tries + 1
    columns = ["lease", "leased_until", "typing_since", "after_position", "tries"]
    AwaitedTurn.objects.bulk_update(claimed, columns)
    return claimed


def lease_of(turn: AwaitedTurn) -> timedelta:
    """How long a worker may be silent about this turn until it counts as dead."""
    return timedelta(seconds=turn.protocol.clocks.turn_lease)


def renew_leases(*, turns: Sequence[AwaitedTurn], now: datetime) -> int:
    """Those of the turns that the caller still holds are its own for a whole lease more; says how many these are."""
    held = Q(lease__in={turn.lease for turn in turns}, pk__in=[turn.pk for turn in turns])
    shortest = min(lease_of(turn) for turn in turns)
    return AwaitedTurn.objects.filter(held, answered_at__isnull=True).update(leased_until=now + shortest)


def let_go(*, turns: Iterable[AwaitedTurn]) -> None:
    """What the caller could not answer rests until its lease has run out, and nobody counts as being at it."""
    for turn in turns:
        AwaitedTurn.objects.filter(_held(turn)).update(lease=None)


def _held(turn: AwaitedTurn) -> Q:
    """The row of this turn, only while the caller's lease on it holds and no newer utterance has reset it."""
    return Q(pk=turn.pk, lease=turn.lease, answered_at__isnull=True)


@transaction.atomic
def keep_drafts(drafts: Iterable[Draft]) -> list[AwaitedTurn]:
    """The replies are kept, each due when its typing is over; comes back with the turns that were still the caller's.

    In the order in which messages lock conversations, so that neither waits for the other in a ring.
    """
    ordered = sorted(drafts, key=lambda draft: draft.turn.conversation_id)
    return [draft.turn for draft in ordered if _keep(draft)]


def _keep(draft: Draft) -> bool:
    held = AwaitedTurn.objects.filter(_held(draft.turn))
    return bool(
        held.update(
            strategy=draft.strategy,
            text=draft.text,
            typing_seconds=draft.typing.total_seconds(),
            due_at=(draft.turn.typing_since or timezone.now()) + draft.typing,
            leased_until=None,
            tries=0,
        )
    )


def show_typing(*, turn: AwaitedTurn) -> None:
    """The seeker sees the agent typing."""
    publish(turn.conversation_id, [Typing(role=Role.SUPPORTER)])


def typing_turns(*, now: datetime) -> QuerySet[AwaitedTurn]:
    """The turns whose seeker sees the agent typing: somebody makes their reply, or it is made and not due yet."""
    made, making = Q(due_at__gt=now) & ~Q(text=""), Q(text="", lease__isnull=False, leased_until__gt=now)
    return AwaitedTurn.objects.filter(made | making, answered_at__isnull=True)


@transaction.atomic
def speak(*, turn: AwaitedTurn) -> bool:
    """The drafted reply is said and its turn answered, both or neither; what came meanwhile awaits the next turn.

    False where the lease was lost or the conversation has ended; then nothing is said.
    """
    # The conversation first, then its turn: the order in which post_utterances takes the same two rows.
    Conversation.objects.select_for_update(of=("self",)).get(pk=turn.conversation_id)
    now = timezone.now()
    if not AwaitedTurn.objects.filter(_held(turn)).update(answered_at=now):
        return False
    if not isinstance(post_utterances([_said(turn, now)])[0], Posted):
        transaction.set_rollback(True)  # a turn that was not spoken is not answered
        return False
    later = Utterance.objects.filter(conversation_id=turn.conversation_id, position__gt=turn.after_position)
    newest = later.filter(role=Role.SEEKER).order_by("-position").values_list("position", flat=True).first()
    if newest is not None:
        await_turn(turn.conversation_id, turn.protocol, after_position=newest, now=now)
    return True


def _said(turn: AwaitedTurn, now: datetime) -> Say:
    seen_typing = now - turn.typing_since if turn.typing_since else timedelta(0)
    return Say(
        conversation_id=turn.conversation_id,
        role=Role.SUPPORTER,
        client_id=uuid.uuid5(TURNS, f"{turn.pk}/{turn.after_position}"),
        text=turn.text,
        strategy=turn.strategy,
        typing_ms=max(0, round(seen_typing / timedelta(milliseconds=1))),
    )


def hold_turn(*, conversation_id: uuid.UUID, now: datetime, delay: int) -> None:
    """The seeker is typing: the turn that waits for the agent is due no sooner than `delay` seconds from now."""
    AwaitedTurn.objects.filter(
        conversation_id=conversation_id, answered_at__isnull=True, lease__isnull=True, text=""
    ).update(due_at=now + timedelta(seconds=delay))
