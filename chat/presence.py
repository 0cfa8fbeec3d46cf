"""Who is here: one leased row per open socket, renewed by the process that holds it. Two tabs are one person.

The conversation's row is locked before its connections are counted, so that a tab that opens and one that closes at
the same time, in two processes, agree on who is here.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from channels.db import database_sync_to_async
from django.db import transaction
from django.utils import timezone

from chat.events import Presence
from chat.meter import stop_meter
from chat.models import Connection, Conversation
from chat.publish import publish_on_commit
from esc.ontology import Role

log = logging.getLogger(__name__)

LEASE_SECONDS = 45
RENEW_SECONDS = 15


class Place(NamedTuple):
    """Where a socket is open: at whose seat, and in which conversation (None: in the lobby)."""

    seat_id: int
    conversation_id: UUID | None


_held: dict[UUID, Place] = {}  # this process's own open sockets


@transaction.atomic
def connect(*, connection_id: UUID, seat_id: int, conversation_id: UUID | None = None) -> None:
    """The person at this seat is here (once more): in that conversation, or (None) in the lobby.

    Nobody waits for them any longer, and their partner is told if they were away. Once both are here for the first
    time, the clock of the first message runs.
    """
    now, place = timezone.now(), Place(seat_id, conversation_id)
    conversation = _locked(conversation_id)
    Connection.objects.create(id=connection_id, **place._asdict(), alive_until=now + timedelta(seconds=LEASE_SECONDS))
    _held[connection_id] = place
    if conversation is not None:
        _come(conversation, _role_at(conversation, seat_id), now)


def _come(conversation: Conversation, role: Role, now: datetime) -> None:
    came, away = conversation.watch.came, role in conversation.watch.back_by
    if role in came and not away:
        return
    changes: dict[str, datetime | None] = {f"{role}_due_back": None}
    if role not in came:
        changes[f"{role}_came_at"] = now
        if role.other in came or conversation.agent:
            changes |= _first_message(conversation, now)
    Conversation.objects.filter(pk=conversation.pk).update(**changes)
    publish_on_commit(conversation.pk, [Presence(role=role, present=True, grace_s=0)])


def _first_message(conversation: Conversation, now: datetime) -> dict[str, datetime | None]:
    """The clock of the first message, unless it was said before the other side came."""
    if conversation.last_position:
        return {}
    clocks = conversation.protocol.clocks
    seconds = clocks.silence_end if conversation.agent else clocks.first_message
    return {"owed_since": now, "silence_due_at": now + timedelta(seconds=seconds)}


def disconnect(*, connection_id: UUID) -> None:
    """That socket is gone. If it was the person's last, their partner is told how long they are waited for."""
    _held.pop(connection_id, None)
    _forget(connection_id)


@transaction.atomic
def _forget(connection_id: UUID, dead_by: datetime | None = None) -> None:
    rows = Connection.objects.filter(pk=connection_id)
    if dead_by is not None:
        rows = rows.filter(alive_until__lte=dead_by)
    gone = rows.first()
    if gone is None:
        return
    now, conversation = timezone.now(), _locked(gone.conversation_id)
    if not rows.filter(pk=gone.pk).delete()[0]:
        return  # another worker was faster, or the lease was renewed just now
    if Connection.objects.filter(seat_id=gone.seat_id, conversation=gone.conversation_id).alive(now).exists():
        return
    if gone.conversation_id is None:
        stop_meter(seat_id=gone.seat_id, at=min(now, gone.alive_until))
    elif conversation is not None:
        _go(conversation, _role_at(conversation, gone.seat_id), now)


def _go(conversation: Conversation, role: Role, now: datetime) -> None:
    grace = conversation.protocol.clocks.reconnect_grace
    Conversation.objects.filter(pk=conversation.pk).update(**{f"{role}_due_back": now + timedelta(seconds=grace)})
    publish_on_commit(conversation.pk, [Presence(role=role, present=False, grace_s=grace)])


def forget_dead_connections(now: datetime) -> int:
    """Sockets whose process died are gone and their partners told; comes back with how many. Safe to run twice."""
    dead = list(Connection.objects.filter(alive_until__lte=now).values_list("pk", flat=True))
    for connection_id in dead:
        _forget(connection_id, dead_by=now)  # a socket of this very process stays held: its lease may be taken again
    return len(dead)


def _locked(conversation_id: UUID | None) -> Conversation | None:
    """The conversation, locked, while it is open."""
    if conversation_id is None:
        return None
    return (
        Conversation.objects.open()
        .select_for_update(of=("self",))
        .select_related("protocol_version", "supporter")
        .filter(pk=conversation_id)
        .first()
    )


def _role_at(conversation: Conversation, seat_id: int) -> Role:
    return Role.SEEKER if conversation.seeker_id == seat_id else Role.SUPPORTER


async def keep_leases() -> None:
    """Renew the leases of this process's sockets until cancelled: one UPDATE for all of them."""
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        try:
            await database_sync_to_async(renew_leases)()
        except Exception:
            log.exception("Leases of open sockets were not renewed; they are tried again in %s s.", RENEW_SECONDS)


def renew_leases() -> None:
    """All sockets of this process count as here. Those given up meanwhile (the database was away) are here again."""
    held = dict(_held)
    until = timezone.now() + timedelta(seconds=LEASE_SECONDS)
    if Connection.objects.filter(pk__in=held).update(alive_until=until) == len(held):
        return
    known = set(Connection.objects.filter(pk__in=held).values_list("pk", flat=True))
    for connection_id, place in held.items():
        if connection_id not in known and connection_id in _held:
            connect(connection_id=connection_id, **place._asdict())
