"""What a page may send: decoded, checked for shape, or refused with a code and a sentence."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError

from esc.errors import Refusal
from esc.text import check_storable

MAX_BYTES = 32 * 1024
MAX_CLIENT_ID = 64  # code points of a client_id that is echoed although it is malformed
Count = Annotated[int, Field(strict=True, ge=0, le=2_147_483_647)]  # what an integer column holds


class Evidence(BaseModel):
    """How a message was written, for a reviewer: code points pasted, milliseconds of typing."""

    pasted_chars: Count = 0
    typing_ms: Count = 0


class Say(BaseModel):
    type: Literal["say"]
    client_id: UUID
    text: str
    strategy: str | None = None
    evidence: Evidence | None = None


class GiveFeedback(BaseModel):
    type: Literal["feedback"]
    through: Annotated[Count, Field(ge=1)]
    score: Annotated[int, Field(strict=True, ge=1, le=5)]


class Typing(BaseModel):
    type: Literal["typing"]


class End(BaseModel):
    type: Literal["end"]
    reason: Annotated[str, Field(max_length=500)] = ""


Frame = Say | GiveFeedback | Typing | End
FRAMES: dict[str, type[Frame]] = {"say": Say, "feedback": GiveFeedback, "typing": Typing, "end": End}


class BadFrame(Refusal):
    """A frame that cannot be taken. It carries the `client_id` that stood in it, so that the page knows which one."""

    def __init__(self, message: str, *, client_id: str | None = None, code: str = "bad_frame") -> None:
        super().__init__(code, message)
        self.client_id = client_id


def decode(text: str | None, data: bytes | None) -> Frame:
    """The frame that a page sent. Raises BadFrame for anything that is malformed, binary, over-long or unknown."""
    if data is not None or text is None:
        raise BadFrame("This message came in a form that is not understood here.")
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise BadFrame("This message is too large to be sent.")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFrame("This message could not be read.") from None
    if not isinstance(raw, dict):
        raise BadFrame("This message could not be read.")
    return _shaped(raw)


def _shaped(raw: dict[str, Any]) -> Frame:
    client_id = raw.get("client_id")
    echoed = client_id[:MAX_CLIENT_ID] if isinstance(client_id, str) else None
    kind = raw.get("type")
    shape = FRAMES.get(kind) if isinstance(kind, str) else None
    if shape is None:
        raise BadFrame("This is not something the chat can do.", client_id=echoed)
    try:
        for key in ("text", "strategy", "reason"):
            if isinstance(raw.get(key), str):
                check_storable(raw[key])
        return shape.model_validate(raw)
    except Refusal as refusal:
        raise BadFrame(refusal.message, client_id=echoed, code=refusal.code) from None
    except ValidationError as error:
        place = ".".join(str(step) for step in error.errors()[0]["loc"])
        raise BadFrame(f"This message could not be taken: its {place} is not as expected.", client_id=echoed) from None
