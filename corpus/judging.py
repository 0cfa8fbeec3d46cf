"""Judges the records of a corpus file, without importing them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from corpus.esconv import Record
from corpus.fields import answers_in
from esc.ontology import Role
from esc.studies.schema import ApprovalRules
from esc.text import LengthUnit
from qc.transcript import Line, Transcript
from qc.verdicts import Judgement, judge


def judge_records(records: Iterable[Record], rules: ApprovalRules, unit: LengthUnit) -> Iterator[Judgement]:
    """One judgement for each record, in their order."""
    return (judge(transcript_of(record), rules, unit) for record in records)


def transcript_of(record: Record) -> Transcript:
    """The same transcript that the record has once it is imported. A file does not say whether the seeker finished."""
    given = answers_in(record.given)
    before, after = given.get("seeker_before", {}), given.get("seeker_after", {})
    return Transcript(
        utterances=tuple(Line(Role(line.speaker), line.content) for line in record.dialog),
        finished=None,
        initial_emotion_intensity=before.get("initial_emotion_intensity"),
        final_emotion_intensity=after.get("final_emotion_intensity"),
        empathy=after.get("empathy"),
        relevance=after.get("relevance"),
        detail=given.get("supporter_after", {}).get("detail"),
        feedback=tuple(line.annotation.feedback for line in record.dialog if line.annotation.feedback),
    )
