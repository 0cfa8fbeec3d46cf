"""Who is here: one leased row per open socket, renewed by the process that holds it. Two tabs are one person."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from uuid import UUID

from channels.db import database_sync_to_async
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chat.events import Presence
from chat.models import Connection, Conversation
from chat.publish import publish_on_commit
from esc.ontology import Role

log = logging.getLogger(__name__)

LEASE_SECONDS = 45
RENEW_SECONDS = 15

_held: set[UUID] = set()  # this process's own open sockets


@transaction.atomic
def connect(*, connection_id: UUID, seat_id: int) -> None:
    """The person at this seat is here (once more). Their partner is told if they were not."""
    now = timezone.now()
    was_here = Connection.objects.filter(seat_id=seat_id).alive(now).exists()
    Connection.objects.create(id=connection_id, seat_id=seat_id, alive_until=now + timedelta(seconds=LEASE_SECONDS))
    _held.add(connection_id)
    if not was_here:
        _tell_partner(seat_id, present=True)


@transaction.atomic
def disconnect(*, connection_id: UUID) -> None:
    """That socket is gone. If it was the person's last, their partner is told."""
    _held.discard(connection_id)
    gone = Connection.objects.filter(pk=connection_id).first()
    if gone is None:
        return
    gone.delete()
    if not Connection.objects.filter(seat_id=gone.seat_id).alive(timezone.now()).exists():
        _tell_partner(gone.seat_id, present=False)


def forget_dead_connections(now: datetime) -> int:
    """Sockets whose process died are gone and their partners told; comes back with how many. Safe to run twice."""
    dead = list(Connection.objects.filter(alive_until__lte=now).values_list("pk", flat=True))
    for connection_id in dead:
        disconnect(connection_id=connection_id)
    return len(dead)


def _tell_partner(seat_id: int, *, present: bool) -> None:
    conversation = (
        Conversation.objects.open()
        .select_related("protocol_version")
        .filter(Q(seeker_id=seat_id) | Q(supporter_id=seat_id))
        .first()
    )
    if conversation is None:
        return
    role = Role.SEEKER if conversation.seeker_id == seat_id else Role.SUPPORTER
    grace = 0 if present else conversation.protocol.clocks.reconnect_grace
    publish_on_commit(conversation.pk, [Presence(role=role, present=present, grace_s=grace)])


async def keep_leases() -> None:
    """Renew the leases of this process's sockets until cancelled: one UPDATE for all of them."""
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        try:
            await database_sync_to_async(_renew)()
        except Exception:
            log.exception("Leases of open sockets were not renewed; they are tried again in %s s.", RENEW_SECONDS)


def _renew() -> None:
    Connection.objects.filter(pk__in=_held).update(alive_until=timezone.now() + timedelta(seconds=LEASE_SECONDS))
