"""Recruitment panels: which URL parameters carry whose ids, and where people go back to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from esc.studies.schema import Panel

UNDECODABLE = "\N{REPLACEMENT CHARACTER}"  # stands where bytes of an address are no UTF-8
MAX_ID = 200  # code points; panels' ids are 24 to 64 long


@dataclass(frozen=True)
class PanelAdapter:
    """One panel's ways. An empty parameter name means that the panel does not tell."""

    person: str = ""
    study: str = ""
    submission: str = ""
    completion_url: str = ""  # {code} becomes the completion code
    placeholders: tuple[str, str, str] = ("", "", "")  # what the panel replaces by the three ids in a study's address

    @staticmethod
    def of(panel: Panel) -> PanelAdapter:
        """The panel's preset, with whatever the protocol names anew."""
        preset = PRESETS[panel.preset]
        named = {field: getattr(panel, field) for field in ("person", "study", "submission", "completion_url")}
        given = {field: value for field, value in named.items() if value is not None}
        return replace(preset, **given)

    @property
    def query_pattern(self) -> str:
        """What follows a link's address when it is handed to the panel: `?…` with its placeholders, or ""."""
        pairs = zip((self.person, self.study, self.submission), self.placeholders, strict=True)
        pattern = "&".join(f"{name}={placeholder or name.upper()}" for name, placeholder in pairs if name)
        return f"?{pattern}" if pattern else ""

    def person_in(self, query: Mapping[str, str]) -> str:
        """The panel's id of the person who comes; "" where there is none that could be one."""
        return self._id_in(query, self.person)

    def submission_in(self, query: Mapping[str, str]) -> str:
        """The panel's id of the submission; "" where there is none that could be one."""
        return self._id_in(query, self.submission)

    def _id_in(self, query: Mapping[str, str], name: str) -> str:
        """What many people would come with is nobody's id, for they would all be one person.

        That is a placeholder which the panel did not replace, and bytes that are no text: all of them read the same.
        """
        found = query.get(name, "").strip() if name else ""
        if len(found) > MAX_ID or not found.isprintable() or UNDECODABLE in found or found in self.placeholders:
            return ""
        return found

    def back_to(self, code: str) -> str:
        """Where the person hands the code in; "" where they type it in themselves."""
        return self.completion_url.replace("{code}", code)


PRESETS: Mapping[str, PanelAdapter] = {
    "prolific": PanelAdapter(
        person="PROLIFIC_PID",
        study="STUDY_ID",
        submission="SESSION_ID",
        completion_url="https://app.prolific.com/submissions/complete?cc={code}",
        placeholders=("{{%PROLIFIC_PID%}}", "{{%STUDY_ID%}}", "{{%SESSION_ID%}}"),
    ),
    "generic": PanelAdapter(
        person="participant",
        study="study",
        submission="submission",
        placeholders=("PARTICIPANT_ID", "STUDY_ID", "SUBMISSION_ID"),
    ),
    # Closed on 30 September 2026; kept for data that were collected there.
    "mturk": PanelAdapter(
        person="workerId",
        study="hitId",
        submission="assignmentId",
        placeholders=("WORKER_ID", "HIT_ID", "ASSIGNMENT_ID"),
    ),
    "direct": PanelAdapter(),
}
