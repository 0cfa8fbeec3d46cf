"""What researchers read about the training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Min

from esc.ontology import Role
from esc.participants.models import Participant
from esc.studies.models import Study
from tutorial.items import Asked
from tutorial.models import ExamQuestion
from tutorial.overview import Applicant, Count, by_day, count


@dataclass(frozen=True)
class StudyCount:
    """One study's training: in all, and by the day on which people came to it."""

    study: Study
    time_zone: str
    whole: Count
    days: dict[date, Count]


def counts() -> Iterator[StudyCount]:
    """Every study that somebody came to the training of, by its name."""
    for study in Study.objects.order_by("slug"):
        people = Participant.objects.filter(study=study, sittings__role=Role.SUPPORTER)
        came = people.annotate(began_at=Min("sittings__training_began_at")).exclude(began_at=None)
        applicants = [Applicant(began_at, training) for began_at, training in came.values_list("began_at", "training")]
        if applicants:
            zone = study.version.protocol.study.zone
            yield StudyCount(study, zone.key, count(applicants), by_day(applicants, zone))


def asked(study: Study | None) -> Iterator[Asked]:
    """Every question of every attempt that was handed in, in that study or in all of them."""
    questions = ExamQuestion.objects.filter(attempt__submitted_at__isnull=False).order_by("pk")
    if study is not None:
        questions = questions.filter(attempt__participant__study=study)
    for row in questions.iterator(chunk_size=2000):
        seconds = row.took.total_seconds() if row.took else None
        shown = row.shown_at is not None
        yield Asked(row.attempt_id, row.question, row.lesson, row.kind, row.right, seconds, shown, row.says)
