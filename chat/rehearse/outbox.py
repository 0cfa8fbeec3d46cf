"""Messages on their way, as the page keeps them: one is out at a time, and it is sent until it has an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from chat.rehearse.verdict import ENDED, Log, Sent
from esc.ontology import Role

Frame = dict[str, object]
AGAIN = {"busy", "failed"}  # refusals after which a page tries again by itself, or its person presses "try again"


@dataclass
class Message:
    client_id: str
    text: str
    strategy: str | None
    may_go: bool = True  # False: refused; it waits until what stood in its way is done

    @property
    def frame(self) -> Frame:
        frame: Frame = {"type": "say", "client_id": self.client_id, "text": self.text}
        return frame if self.strategy is None else {**frame, "strategy": self.strategy}


class Outbox:
    """What one page has not had an answer for. It outlives a reload, as the page's own does."""

    def __init__(self, role: Role, log: Log, clock: Callable[[], float], tab: int) -> None:
        self._role, self._log, self._clock, self._tab = role, log, clock, tab
        self.messages: list[Message] = []
        self._out = ""  # the client_id of the one that was sent and has no answer yet

    def add(self, text: str, strategy: str | None) -> None:
        self.messages.append(Message(str(uuid4()), text, strategy))

    def next(self, *, again: bool = False) -> Frame | None:
        """What is to be sent now. `again`: also what was sent already, as nobody knows whether it arrived."""
        message = self.messages[0] if self.messages else None
        if message is None or not message.may_go or (message.client_id == self._out and not again):
            return None
        self._out = message.client_id
        if message.client_id not in self._log.sent:
            sent = Sent(self._role, message.client_id, message.text, self._clock(), self._tab)
            self._log.sent[message.client_id] = sent
        return message.frame

    def answered(self, client_id: str) -> bool:
        """It stands in the conversation. Whether that was still to be told."""
        waiting = [message for message in self.messages if message.client_id != client_id]
        was_told, self.messages = len(waiting) < len(self.messages), waiting
        return was_told

    def refused(self, client_id: str, code: str) -> bool:
        """Whether it is to be sent again soon. A rating that is due is waited for; anything else is for good."""
        message = next((message for message in self.messages if message.client_id == client_id), None)
        self._out = "" if client_id == self._out else self._out
        if message is None or code in AGAIN:
            return message is not None
        message.may_go = False
        if code != "feedback_due":
            self._log.sent[client_id].refused = code
            self.answered(client_id)
        return False

    def give_up(self) -> None:
        """The conversation is over: what has no answer was not sent, and its author is told so."""
        for message in self.messages:
            if (sent := self._log.sent.get(message.client_id)) and not sent.acked:
                sent.refused = ENDED
        self.messages = []

    def release(self) -> None:
        """A rating was given: what was refused for it may go."""
        for message in self.messages:
            message.may_go = True
