"""The one voice in which this platform says no."""

from __future__ import annotations

from http import HTTPStatus


class Refusal(Exception):
    """What somebody asked for cannot be done. The only exception whose words a participant ever reads.

    `code` is for programs, `message` is one plain sentence for a person, `status` is what an HTTP door answers.
    """

    def __init__(self, code: str, message: str, *, status: HTTPStatus = HTTPStatus.CONFLICT) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def as_frame(self, *, client_id: str | None = None) -> dict[str, str]:
        """The `refused` frame of the wire protocol (DESIGN §5)."""
        frame = {"type": "refused", "code": self.code, "message": self.message}
        return frame if client_id is None else {**frame, "client_id": client_id}


class FileRefusal(Exception):
    """A file from outside is wrong: `place` is the key or record at fault, `reason` what was expected there."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}" if place else reason)
        self.place = place
        self.reason = reason
