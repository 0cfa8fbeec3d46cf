"""What other processes publish reaches this one's sockets; what got lost on the way is read from the rows."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from chat.models import Conversation
from chat.publish import PROCESSES, THIS_PROCESS, suppose
from chat.registry import Item, Socket, registry
from chat.writer import writer
from esc.ontology import Role

log = logging.getLogger(__name__)

AGAIN = 1  # seconds until the bus is tried again
COMPARE = 2  # seconds between two looks at the rows


async def listen() -> None:
    """Hand what other processes publish to this one's sockets, until cancelled; with Redis gone, try on."""
    while True:
        try:
            await _listen()
        except Exception as error:
            log.warning("The bus between processes is gone (%r). Trying again in %s s.", error, AGAIN)
            await asyncio.sleep(AGAIN)


async def _listen() -> None:
    layer = get_channel_layer()
    if layer is None:
        raise LookupError("CHANNEL_LAYERS has no default layer")
    channel = await layer.new_channel()
    await layer.group_add(PROCESSES, channel)
    await layer.group_send(PROCESSES, {"type": "items", "from": THIS_PROCESS, "items": []})  # so that they know of it
    while True:
        message = await layer.receive(channel)
        if message["from"] != THIS_PROCESS:
            suppose(others=True)
            take_over([Item(*item) for item in message["items"]])


def take_over(items: list[Item]) -> None:
    """Hand on what happened in another process, and remember it. A seeker is told all that is to be remembered."""
    for address, _, frame in items:
        conversation_id, _, side = address.partition("/")
        if side == Role.SEEKER:
            writer.memory.hear(UUID(conversation_id), frame)
    registry.deliver(items)


async def compare_with_rows() -> None:
    """Every few seconds, until cancelled: sockets that heard nothing of what stands in the rows catch up."""
    while True:
        await asyncio.sleep(COMPARE)
        try:
            await _compare()
        except Exception as error:
            log.warning("Open sockets could not be compared with the rows (%r); again in %s s.", error, COMPARE)


async def _compare() -> None:
    resting = [socket for socket in registry.sockets() if _talks(socket) and socket.rests()]
    sockets = {socket: UUID(socket.address.split("/")[0]) for socket in resting}
    if not sockets:
        return
    rows = await database_sync_to_async(_positions)(set(sockets.values()))
    for socket, conversation_id in sockets.items():
        position, ended = rows.get(conversation_id, (0, False))
        if position > socket.seen or ended:
            socket.catch_up()


def _talks(socket: Socket) -> bool:
    return not socket.address.startswith("lobby/")


def _positions(ids: set[UUID]) -> dict[UUID, tuple[int, bool]]:
    rows = Conversation.objects.filter(pk__in=ids).values_list("pk", "last_position", "ended_at")
    return {pk: (position, ended_at is not None) for pk, position, ended_at in rows}
