"""The one way out for events: to the sockets of a conversation's two sides, after commit.

A push is a nudge. Rows are the truth, so a push that gets lost with its channel layer is logged and nothing more.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from chat.events import Event
from esc.ontology import Role

log = logging.getLogger(__name__)


def side(conversation_id: UUID, role: Role) -> str:
    """The channel group of all sockets of one side of a conversation."""
    return f"conversation.{conversation_id}.{role}"


def lobby_seat(seat_id: int) -> str:
    """The channel group of all sockets of one person in the lobby."""
    return f"lobby.{seat_id}"


def publish_on_commit(conversation_id: UUID, events: Sequence[Event], *, origin: str = "") -> None:
    """Once this transaction is committed, push these events. `origin` is the socket that has its answer already."""
    transaction.on_commit(partial(publish, conversation_id, events, origin=origin), robust=True)


def publish(conversation_id: UUID, events: Sequence[Event], *, origin: str = "") -> None:
    """Push these events to whoever may see them."""
    for event in events:
        for role in Role:
            if (frame := event.frame_for(role)) is not None:
                push(side(conversation_id, role), frame, origin=origin)


def push(group: str, frame: dict[str, Any], *, origin: str = "") -> None:
    """One frame to every socket of a group. An absent channel layer is logged, never raised: the rows are there."""
    layer = get_channel_layer()
    if layer is None:
        raise ImproperlyConfigured("CHANNEL_LAYERS has no default layer.")
    try:
        async_to_sync(layer.group_send)(group, {"type": "push", "frame": frame, "origin": origin})
    except Exception:
        log.exception("A push to %s got lost; its sockets catch up from the rows.", group)
