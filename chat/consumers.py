"""The sockets of a conversation and of the lobby: doors with a doorbell.

They are plain ASGI applications rather than Channels' consumers, whose dispatch costs every frame a thread hop
(docs/performance.md); routing, sessions and the layer between processes are Channels'.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import lru_cache
from time import monotonic
from typing import Any, ClassVar
from urllib.parse import parse_qs
from uuid import UUID, uuid4

from chat import frames
from chat.admission import Admitted, admit, admit_to_lobby
from chat.endings import end
from chat.events import encode, iso
from chat.limits import TYPING, Bucket
from chat.pairing import enter_lobby, pair_waiting
from chat.presence import connect, disconnect
from chat.publish import lobby_seat, side
from chat.registry import Missed, Socket, registry
from chat.rules import Rate, Say
from chat.threads import in_thread
from chat.typing import note_typing
from chat.welcome import read_missed, read_welcome
from chat.writer import writer
from esc.errors import Refusal
from esc.ontology import Role
from esc.participants.addresses import address
from esc.participants.models import Sitting

FORBIDDEN = 4403  # wrong origin, anonymous, outsider: the page does not come back
Event = dict[str, Any]


class Consumer:
    """What both sockets share: one coroutine from the handshake to the end."""

    socket: Socket | None = None

    def __init__(self, scope: Event, receive: Callable[[], Awaitable[Event]], send: Callable[[Event], Any]) -> None:
        self.scope, self._receive, self._send = scope, receive, send
        self.connection_id = uuid4()

    @classmethod
    def as_asgi(cls) -> Callable[..., Awaitable[None]]:
        async def application(scope: Event, receive: Any, send: Any) -> None:
            await cls(scope, receive, send).run()

        return application

    async def run(self) -> None:
        await self._receive()  # websocket.connect
        await self._send({"type": "websocket.accept"})
        if not await self.connect():
            # Closed after accepting: a close before it reaches a browser as 1006, which it would retry for ever.
            return await self.close(FORBIDDEN)
        try:
            while (event := await self._receive())["type"] == "websocket.receive":
                await self.receive(event.get("text"), event.get("bytes"))
        finally:
            await self.leave()

    async def connect(self) -> bool:
        """Whether this person belongs here; if so, the socket is open and knows it."""
        raise NotImplementedError

    async def receive(self, text: str | None, data: bytes | None) -> None:
        raise NotImplementedError

    async def open(self, at: str, seat_id: int, conversation_id: UUID | None = None) -> Socket:
        """From here on, this tab is told what happens at that address, and its person is present there."""
        self.socket = Socket(at, send=self.send, close=self.close, reread=self.reread)
        registry.add(self.socket)
        await in_thread(connect)(connection_id=self.connection_id, seat_id=seat_id, conversation_id=conversation_id)
        return self.socket

    async def leave(self) -> None:
        if self.socket is not None:
            registry.discard(self.socket)
            await in_thread(disconnect)(connection_id=self.connection_id)

    async def reread(self, socket: Socket) -> Missed:
        return Missed(socket.seen, [])

    async def send(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    async def close(self, code: int) -> None:
        await self._send({"type": "websocket.close", "code": code})


class ConversationConsumer(Consumer):
    """One tab of one person in one conversation (DESIGN §5, wire protocol 1)."""

    # --- the socket ---------------------------------------------------------------------------------------------------

    async def connect(self) -> bool:
        conversation_id = self.scope["url_route"]["kwargs"]["conversation_id"]
        here = await in_thread(admit)(self.scope, conversation_id)
        if here is None:
            return False
        self.here: Admitted = here
        self.says = bucket_of(conversation_id, here.role, "say", here.messages_per_minute)
        self.typings = bucket_of(conversation_id, here.role, "typing", TYPING)
        # Registered first, then read: whatever is posted between the two is in one of them, or in both.
        socket = await self.open(side(conversation_id, here.role), here.seat_id, conversation_id)
        socket.welcome(await in_thread(read_welcome)(here, self._after()))
        return True

    def _after(self) -> int:
        """The last position the page has; 0 where it does not say."""
        given = parse_qs(self.scope["query_string"].decode("latin1")).get("after", ["0"])[0]
        return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0

    async def reread(self, socket: Socket) -> Missed:
        return await in_thread(read_missed)(self.here, socket.seen, socket.said)

    async def receive(self, text: str | None, data: bytes | None) -> None:
        frame: frames.Frame | None = None
        try:
            frame = frames.decode(text, data)
            await self.COMMANDS[frame.type](self, frame)
        except Refusal as refusal:
            client_id = getattr(frame or refusal, "client_id", None)
            frame_out = refusal.as_frame(client_id=str(client_id) if client_id else None)
            self.deliver(frame_out)

    def deliver(self, frame: Event) -> None:
        if self.socket is not None:
            self.socket.deliver(encode(frame))

    # --- what a page may do -------------------------------------------------------------------------------------------

    async def say(self, frame: frames.Say) -> None:
        if not self.says.take(monotonic()):
            raise Refusal("busy", "You write faster than this chat can take. Your message is kept and tried again.")
        evidence = frame.evidence
        self.write(
            Say(
                self.here.conversation_id,
                self.here.role,
                frame.client_id,
                frame.text,
                frame.strategy,
                evidence.pasted_chars if evidence else None,
                evidence.typing_ms if evidence else None,
            )
        )

    async def feedback(self, frame: frames.GiveFeedback) -> None:
        self.write(Rate(self.here.conversation_id, self.here.role, frame.through, frame.score))

    def write(self, action: Say | Rate) -> None:
        if self.socket is not None:
            writer.put(action, self.socket)

    async def typing(self, frame: frames.Typing) -> None:
        if not self.typings.take(monotonic()):
            return
        await in_thread(note_typing)(here=self.here)

    async def end(self, frame: frames.End) -> None:
        await writer.settled()  # what was sent before the end is said before the end
        await in_thread(end)(conversation_id=self.here.conversation_id, role=self.here.role, reason=frame.reason)

    COMMANDS: ClassVar[dict[str, Callable[[ConversationConsumer, Any], Awaitable[None]]]] = {
        "say": say,
        "feedback": feedback,
        "typing": typing,
        "end": end,
    }


class LobbyConsumer(Consumer):
    """One tab of one person who waits for a partner."""

    async def connect(self) -> bool:
        slug = self.scope["url_route"]["kwargs"]["slug"]
        sitting = await in_thread(admit_to_lobby)(self.scope, slug)
        if sitting is None:
            return False
        seat_id = await in_thread(_seat_id)(sitting)
        (await self.open(lobby_seat(seat_id), seat_id)).welcome(Missed(0, []))
        await self.wait(sitting)
        return True

    async def wait(self, sitting: Sitting) -> None:
        """Stand in the queue, unless the person is paired already: then say where to."""
        try:
            waiting = await in_thread(enter_lobby)(sitting=sitting)
        except Refusal:
            return await self.tell({"type": "paired", "next": await in_thread(address)(sitting)})
        await self.tell({"type": "waiting", "since": iso(waiting.entered_at)})
        await in_thread(pair_waiting)(study_id=waiting.study_id)

    async def tell(self, frame: Event) -> None:
        await self.send(encode(frame))

    async def receive(self, text: str | None, data: bytes | None) -> None:
        await self.tell(Refusal("bad_frame", "There is nothing to send while you wait.").as_frame())


class NowhereConsumer(Consumer):
    """A socket at an address that there is not."""

    async def connect(self) -> bool:
        return False


@lru_cache(maxsize=20_000)  # of those, the one not used for longest is forgotten, which fills it again
def bucket_of(conversation_id: UUID, role: Role, kind: str, per_minute: int) -> Bucket:
    """The one bucket for all this person's tabs in this process: neither another tab nor a reload fills it again."""
    return Bucket(per_minute, now=0.0)  # full from the start, whatever the time


def _seat_id(sitting: Sitting) -> int:
    seat = sitting.current_seat
    if seat is None:
        raise LookupError(f"{sitting} is in the lobby without a seat")
    return seat.pk
