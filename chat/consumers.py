"""The sockets of the lobby and of a conversation: doors with a doorbell."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar
from urllib.parse import parse_qs
from uuid import UUID, uuid4

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from chat import frames
from chat.admission import Admitted, admit, admit_to_lobby
from chat.endings import end
from chat.events import iso
from chat.pairing import enter_lobby, pair_waiting
from chat.presence import connect, disconnect
from chat.publish import lobby_seat, side
from chat.services import Posted, Say, give_feedback, post_utterances
from chat.typing import note_typing
from chat.welcome import Welcome, read_welcome, utterances_between
from esc.errors import Refusal
from esc.participants.addresses import address
from esc.participants.models import Sitting

FORBIDDEN = 4403  # wrong origin, anonymous, outsider: the page does not come back


class Door(AsyncWebsocketConsumer):
    """What both sockets share: JSON out, and pushes from the channel layer."""

    async def send_json(self, frame: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(frame))

    async def turn_away(self) -> None:
        """Close after accepting: a close before it reaches a browser as 1006, which it would retry for ever."""
        await self.close(code=FORBIDDEN)

    async def push(self, event: dict[str, Any]) -> None:
        await self.send_json(event["frame"])


class ConversationConsumer(Door):
    """One tab of one person in one conversation (DESIGN §5, wire protocol 1)."""

    # --- the socket ---------------------------------------------------------------------------------------------------

    async def connect(self) -> None:
        self.connection_id = uuid4()
        self.here: Admitted | None = None
        self.seen = 0  # the last position this tab was shown
        await self.accept()
        conversation_id = self.scope["url_route"]["kwargs"]["conversation_id"]
        self.here = await database_sync_to_async(admit)(dict(self.scope), conversation_id)
        if self.here is None:
            return await self.turn_away()
        # First the group, then the rows: whatever is posted between the two is in one of them, or in both.
        await self.channel_layer.group_add(side(conversation_id, self.here.role), self.channel_name)
        await database_sync_to_async(connect)(connection_id=self.connection_id, seat_id=self.here.seat_id)
        await self.welcome(await database_sync_to_async(read_welcome)(self.here, self._after()))

    def _after(self) -> int:
        """The last position the page has; 0 where it does not say."""
        given = parse_qs(self.scope["query_string"].decode("latin1")).get("after", ["0"])[0]
        return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0

    async def welcome(self, welcome: Welcome) -> None:
        self.seen = welcome.position
        for frame in welcome.frames:
            await self.send_json(frame)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        frame: frames.Frame | None = None
        try:
            frame = frames.decode(text_data, bytes_data)
            if self.here is not None:
                await self.COMMANDS[frame.type](self, frame, self.here)
        except Refusal as refusal:
            client_id = getattr(frame or refusal, "client_id", None)
            await self.send_json(refusal.as_frame(client_id=str(client_id) if client_id else None))

    async def disconnect(self, code: int) -> None:
        if self.here is not None:
            await self.channel_layer.group_discard(side(self.here.conversation.pk, self.here.role), self.channel_name)
            await database_sync_to_async(disconnect)(connection_id=self.connection_id)

    # --- what a page may do -------------------------------------------------------------------------------------------

    async def say(self, frame: frames.Say, here: Admitted) -> None:
        evidence = frame.evidence
        say = Say(
            conversation_id=here.conversation.pk,
            role=here.role,
            client_id=frame.client_id,
            text=frame.text,
            strategy=frame.strategy,
            pasted_chars=evidence.pasted_chars if evidence else None,
            typing_ms=evidence.typing_ms if evidence else None,
            origin=self.channel_name,
        )
        (answer,) = await database_sync_to_async(post_utterances)([say])
        if isinstance(answer, Refusal):
            raise answer
        await self.acknowledge(answer)

    async def acknowledge(self, posted: Posted) -> None:
        await self.send_json(
            {
                "type": "ack",
                "client_id": str(posted.client_id),
                "position": posted.position,
                "sent_at": iso(posted.sent_at),
            }
        )

    async def feedback(self, frame: frames.GiveFeedback, here: Admitted) -> None:
        await database_sync_to_async(give_feedback)(
            conversation_id=here.conversation.pk, role=here.role, through=frame.through, score=frame.score
        )

    async def typing(self, frame: frames.Typing, here: Admitted) -> None:
        await database_sync_to_async(note_typing)(conversation=here.conversation, role=here.role)

    async def end(self, frame: frames.End, here: Admitted) -> None:
        await database_sync_to_async(end)(conversation_id=here.conversation.pk, role=here.role, reason=frame.reason)

    COMMANDS: ClassVar[dict[str, Callable[[ConversationConsumer, Any, Admitted], Awaitable[None]]]] = {
        "say": say,
        "feedback": feedback,
        "typing": typing,
        "end": end,
    }

    # --- what it is told ----------------------------------------------------------------------------------------------

    async def push(self, event: dict[str, Any]) -> None:
        """A frame for this side. Utterances keep their order: one that is missing is read from the rows first."""
        frame = event["frame"]
        if frame["type"] != "utterance":
            return await self.send_json(frame)
        if frame["position"] > self.seen + 1:
            await self.catch_up(frame["position"])
        if frame["position"] > self.seen:
            self.seen = frame["position"]
            if event["origin"] != self.channel_name:  # the socket that has the ack needs no copy
                await self.send_json(frame)

    async def catch_up(self, position: int) -> None:
        """Show what stands between the last position shown and this one: a push got lost, or overtook another."""
        if self.here is None:
            return
        for frame in await database_sync_to_async(utterances_between)(self.here, self.seen, position):
            await self.send_json(frame)
        self.seen = position - 1


class LobbyConsumer(Door):
    """One tab of one person who waits for a partner."""

    async def connect(self) -> None:
        self.connection_id: UUID | None = None
        self.seat_id = 0
        await self.accept()
        sitting = await database_sync_to_async(admit_to_lobby)(
            dict(self.scope), self.scope["url_route"]["kwargs"]["slug"]
        )
        if sitting is None:
            return await self.turn_away()
        self.seat_id = await database_sync_to_async(_seat_id)(sitting)
        await self.channel_layer.group_add(lobby_seat(self.seat_id), self.channel_name)
        await self.wait(sitting)

    async def wait(self, sitting: Sitting) -> None:
        """Stand in the queue, unless the person is paired already: then say where to."""
        self.connection_id = uuid4()
        await database_sync_to_async(connect)(connection_id=self.connection_id, seat_id=self.seat_id)
        try:
            waiting = await database_sync_to_async(enter_lobby)(sitting=sitting)
        except Refusal:
            return await self.send_json({"type": "paired", "next": await database_sync_to_async(address)(sitting)})
        await self.send_json({"type": "waiting", "since": iso(waiting.entered_at)})
        await database_sync_to_async(pair_waiting)(study_id=waiting.study_id)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send_json(Refusal("bad_frame", "There is nothing to send while you wait.").as_frame())

    async def disconnect(self, code: int) -> None:
        if self.connection_id is not None:
            await self.channel_layer.group_discard(lobby_seat(self.seat_id), self.channel_name)
            await database_sync_to_async(disconnect)(connection_id=self.connection_id)


def _seat_id(sitting: Sitting) -> int:
    seat = sitting.current_seat
    if seat is None:
        raise LookupError(f"{sitting} is in the lobby without a seat")
    return seat.pk
