"""The one way out for events: to the sockets of this process directly, to all others by one publication.

A push is a nudge. Rows are the truth, so one that gets lost between processes is logged and nothing more: a socket that
misses something reads the rows.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Sequence
from contextvars import Context
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction

from chat.events import Event, UtterancePosted
from chat.registry import Item, registry
from esc.ontology import Role

log = logging.getLogger(__name__)

ROLES = tuple(Role)
PROCESSES = "web"  # the channel group of all web processes
THIS_PROCESS = uuid.uuid4().hex
MOST_UNPUBLISHED = 10_000  # frames; with Redis gone every publication takes a second to fail, and nudges may be dropped

_unpublished: list[Item] = []
_publishing: asyncio.Task[None] | None = None
_others = True  # whether other web processes are supposed to listen


def suppose(*, others: bool) -> None:
    """Whether there are other web processes: to nobody nothing is published."""
    global _others
    _others = others


@lru_cache(maxsize=16_384)
def side(conversation_id: UUID, role: Role) -> str:
    """The address of all sockets of one side of a conversation."""
    return f"{conversation_id}/{role.value}"


def lobby_seat(seat_id: int) -> str:
    """The address of all sockets of one person in the lobby."""
    return f"lobby/{seat_id}"


def items_of(conversation_id: UUID, event: Event) -> list[Item]:
    """The frames of an event, for whoever may see it."""
    position = event.position if isinstance(event, UtterancePosted) else 0
    return [
        Item(side(conversation_id, role), position, frame)
        for role in ROLES
        if (frame := event.frame_for(role)) is not None
    ]


def publish_on_commit(conversation_id: UUID, events: Sequence[Event]) -> None:
    """Once this transaction is committed, tell the people of the conversation."""
    transaction.on_commit(partial(publish, conversation_id, events), robust=True)


def publish(conversation_id: UUID, events: Sequence[Event]) -> None:
    """Tell the people of the conversation, from whichever thread or process this is."""
    _send_out([item for event in events for item in items_of(conversation_id, event)])


def push(address: str, frame: dict[str, Any]) -> None:
    """One frame to every socket at that address."""
    _send_out([Item(address, 0, frame)])


def _send_out(items: list[Item]) -> None:
    home = registry.home
    if home is not None and home.is_running():
        # In a context of its own: the caller's says "inside a thread's call", and so would every task made from here.
        home.call_soon_threadsafe(deliver_and_broadcast, items, context=Context())
    elif not settings.EMBEDDED:
        async_to_sync(_broadcast)(items)


def deliver_and_broadcast(items: list[Item]) -> None:
    """Hand these to this process's sockets and publish them for all others, once. Runs on the registry's loop."""
    registry.deliver(items)
    broadcast(items)


def broadcast(items: list[Item]) -> None:
    """Publish these for all other processes, without waiting for it: in order, one publication at a time."""
    global _publishing
    if settings.EMBEDDED or not _others or not items:
        return
    if len(_unpublished) > MOST_UNPUBLISHED:
        log.warning("%s frames for other processes are dropped; those read the rows.", len(_unpublished))
        _unpublished.clear()
    _unpublished.extend(items)
    if _publishing is None or _publishing.done():
        _publishing = asyncio.get_running_loop().create_task(_publish())


async def _publish() -> None:
    """Whatever gathers while one publication is under way goes into the next one."""
    while _unpublished:
        items = _unpublished.copy()
        _unpublished.clear()
        await _broadcast(items)


async def _broadcast(items: list[Item]) -> None:
    layer = get_channel_layer()
    try:
        await layer.group_send(PROCESSES, {"type": "items", "from": THIS_PROCESS, "items": items})  # type: ignore[union-attr]
    except Exception as error:
        log.warning("A publication of %s frames got lost (%r); other processes read the rows.", len(items), error)
