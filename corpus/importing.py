"""Takes conversations in from a file: all of its records, or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max, Model

from chat.models import Conversation, Feedback, Utterance
from corpus.esconv import Record
from corpus.esconv import Utterance as Line
from corpus.fields import answers_in
from corpus.mapping import parse_mapping
from corpus.models import ImportedRecord
from corpus.reading import read_corpus
from esc.errors import FileRefusal
from esc.ontology import Role
from esc.participants.models import Seat
from esc.studies.loading import default_protocol_text, parse_protocol
from esc.studies.models import ProtocolVersion, Study
from esc.studies.services import close_study, create_study, open_study
from surveys.models import SurveyResponse

AT_ONCE = 200  # records; each table takes one INSERT for all of them
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    study: Study
    made_study: bool
    conversations: int
    first_index: int  # the import index of the file's first record


@transaction.atomic
def import_esconv(*, slug: str, data: bytes, mapping: Sequence[str] = ()) -> Imported:
    """Every record of the file is a conversation of that study, in the file's order; nothing else has changed.

    Where there is no such study it is made: it freezes the default protocol, and is closed to participants (a mistyped
    name must not open a door). A file always comes after what was imported before it, so importing one twice gives its
    conversations twice. Raises FileRefusal where the file, a mapping or the study is wrong; then nothing at all has
    changed.
    """
    study = Study.objects.select_for_update().filter(slug=slug).first()
    if study is not None and not study.versions.exists():
        raise FileRefusal(slug, "this study is a draft; open it first, then its labels are fixed")
    protocol = study.protocol if study else parse_protocol(default_protocol_text())
    records = read_corpus(data, protocol, parse_mapping(mapping, protocol))
    made = study is None
    if study is None:
        study = create_study(slug=slug, text=default_protocol_text())
        open_study(study_id=study.pk)
        close_study(study_id=study.pk)
    last = study.conversations.aggregate(last=Max("import_index"))["last"]
    first = 0 if last is None else last + 1
    for start in range(0, len(records), AT_ONCE):
        _store(study, study.version, first + start, records[start : start + AT_ONCE])
    return Imported(study=study, made_study=made, conversations=len(records), first_index=first)


def _store(study: Study, version: ProtocolVersion, first: int, records: Sequence[Record]) -> None:
    """These records as rows: seats without a sitting, conversations that are over, and what belongs to them."""
    seekers = _create([Seat(role=Role.SEEKER) for _ in records])
    supporters = _create([Seat(role=Role.SUPPORTER) for _ in records])
    conversations = _create(
        [
            Conversation(
                study=study,
                protocol_version=version,
                seeker=seeker,
                supporter=supporter,
                import_index=index,
                **_counters(record),
            )
            for index, (record, seeker, supporter) in enumerate(zip(records, seekers, supporters, strict=True), first)
        ]
    )
    pairs = list(zip(conversations, records, strict=True))
    _create([row for conversation, record in pairs for row in _utterances(conversation, record)])
    _create([row for conversation, record in pairs for row in _feedback(conversation, record)])
    _create([row for conversation, record in pairs for row in _surveys(conversation, record)])
    _create([_shape(conversation, record) for conversation, record in pairs])


def _create(rows: list[M]) -> list[M]:
    return type(rows[0])._default_manager.bulk_create(rows, batch_size=1000) if rows else []


def _counters(record: Record) -> dict[str, Any]:
    """What a conversation's own row keeps of its utterances (a collected one notes them as they come)."""
    supporter_positions = [position for position, line in _lines(record) if line.speaker == Role.SUPPORTER]
    rated = max((position for position, line in _lines(record) if line.annotation.feedback), default=0)
    return {
        "last_position": len(record.dialog),
        "unrated": [position for position in supporter_positions if position > rated],
    }


def _lines(record: Record) -> Iterable[tuple[int, Line]]:
    return enumerate(record.dialog, 1)


def _utterances(conversation: Conversation, record: Record) -> Iterator[Utterance]:
    for position, line in _lines(record):
        yield Utterance(
            conversation=conversation,
            position=position,
            role=line.speaker,
            text=line.content,
            strategy=line.annotation.strategy,
        )


def _feedback(conversation: Conversation, record: Record) -> Iterator[Feedback]:
    """Each score with the seeker's utterance that carries it, and with the supporter's newest one before that.

    `through` stays empty where a score has none of its own: before the supporter spoke, or rated once more at once.
    """
    newest = rated = 0  # positions of the supporter's
    for position, line in _lines(record):
        if line.speaker == Role.SUPPORTER:
            newest = position
        elif line.annotation.feedback:
            through = newest if newest > rated else None
            rated = newest
            yield Feedback(
                conversation=conversation, through=through, score=line.annotation.feedback, carried_by=position
            )


def _surveys(conversation: Conversation, record: Record) -> Iterator[SurveyResponse]:
    for survey, answers in answers_in(record.given).items():
        seat = conversation.supporter if survey == "supporter_after" else conversation.seeker
        yield SurveyResponse(seat=seat, survey=survey, answers=answers)


def _shape(conversation: Conversation, record: Record) -> ImportedRecord:
    scores = record.given.get("survey_score")
    return ImportedRecord(conversation=conversation, score_parts=None if scores is None else list(scores))
