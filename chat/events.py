"""What is told to the people of a conversation, in the frames of the wire protocol (DESIGN §5).

Each event knows what each side may see of it: that a supporter learns nothing of a rating is decided here, before
anything is published.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

from pydantic_core import to_json

from esc.ontology import Ending, Outcome, Role

Frame = dict[str, Any]


def encode(frame: Frame) -> str:
    """The frame as it goes over the wire."""
    return to_json(frame).decode()


class Event(Protocol):
    """Something that happened; `frame_for` is what that side's sockets get, None where it is none of their business."""

    def frame_for(self, role: Role) -> Frame | None: ...


@lru_cache(maxsize=256)  # a batch has one moment for all of its frames
def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as the wire protocol has it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class UtterancePosted:
    position: int
    role: Role
    text: str
    strategy: str
    sent_at: datetime
    client_id: str | None

    def frame_for(self, role: Role) -> Frame:
        frame: Frame = {
            "type": "utterance",
            "position": self.position,
            "role": self.role,
            "text": self.text,
            "sent_at": iso(self.sent_at),
            "client_id": self.client_id,
        }
        if role is Role.SUPPORTER and self.role is Role.SUPPORTER:
            frame["strategy"] = self.strategy
        return frame


@dataclass(frozen=True)
class FeedbackDue:
    through: int

    def frame_for(self, role: Role) -> Frame | None:
        return {"type": "feedback_due", "through": self.through} if role is Role.SEEKER else None


@dataclass(frozen=True)
class FeedbackSaved:
    through: int
    score: int

    def frame_for(self, role: Role) -> Frame | None:
        if role is not Role.SEEKER:
            return None
        return {"type": "feedback_saved", "through": self.through, "score": self.score}


@dataclass(frozen=True)
class Typing:
    role: Role

    def frame_for(self, role: Role) -> Frame | None:
        return {"type": "typing", "role": self.role} if role is not self.role else None


@dataclass(frozen=True)
class Presence:
    role: Role
    present: bool
    grace_s: int  # seconds the partner has to come back

    def frame_for(self, role: Role) -> Frame | None:
        if role is self.role:
            return None
        return {"type": "presence", "role": self.role, "present": self.present, "grace_s": self.grace_s}


@dataclass(frozen=True)
class NoticePosted:
    id: int
    kind: str
    text: str
    until: datetime | None
    to: Role | None  # None: both

    def frame_for(self, role: Role) -> Frame | None:
        if self.to not in (None, role):
            return None
        until = iso(self.until) if self.until else None
        return {"type": "notice", "id": self.id, "kind": self.kind, "text": self.text, "until": until}


@dataclass(frozen=True)
class EndProposed:
    by: Role
    until: datetime

    def frame_for(self, role: Role) -> Frame:
        return {"type": "end_proposed", "by": self.by, "until": iso(self.until)}


@dataclass(frozen=True)
class Ended:
    """The end, for one side: its own outcome and its own next page."""

    to: Role
    ending: Ending
    outcome: Outcome
    next: str

    def frame_for(self, role: Role) -> Frame | None:
        if role is not self.to:
            return None
        return {"type": "ended", "ending": self.ending, "outcome": self.outcome, "next": self.next}
