"""Who is paid what, as a table for whoever pays: a line a sitting, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from django.db.models import QuerySet

from esc.ontology import Outcome
from esc.participants.models import PanelIdentity, Sitting

COLUMNS = [
    "study",
    "participant",
    "role",
    "panel",
    "panel_person",
    "panel_submissions",
    "started_at",
    "finished_at",
    "outcome",
    "completion_code",
    "minutes_waited",
    "minutes_chatted",
    "minutes_trained",
    "conversations",
    "amount",
    "currency",
]
PANEL_COLUMNS = {"panel_person", "panel_submissions"}
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a spreadsheet's formula may begin


def payroll(sittings: QuerySet[Sitting], *, with_panel_ids: bool) -> str:
    """What is due to each of these sittings. Without the panel's ids their two columns are left out.

    A sitting that is not finished yet has no outcome and no code; what is due for it so far is there.
    """
    columns = [column for column in COLUMNS if with_panel_ids or column not in PANEL_COLUMNS]
    out = io.StringIO()
    table = csv.DictWriter(out, columns, extrasaction="ignore")
    table.writeheader()
    found = sittings.select_related("participant__study", "protocol_version").prefetch_related("ledger", "submissions")
    persons = _persons(found) if with_panel_ids else {}
    for sitting in found:
        table.writerow({name: _safe(value) for name, value in _row(sitting, persons).items()})
    return out.getvalue()


def _persons(sittings: Iterable[Sitting]) -> dict[object, str]:
    people = PanelIdentity.objects.filter(participant__in={sitting.participant_id for sitting in sittings})
    return {identity.participant_id: identity.person for identity in people}


def _row(sitting: Sitting, persons: dict[object, str]) -> dict[str, object]:
    paid = sitting.paid
    rule = sitting.protocol.outcomes[Outcome(sitting.outcome)] if sitting.outcome else None
    return {
        **vars(paid),
        "study": sitting.study.slug,
        "participant": sitting.participant_id,
        "role": sitting.role,
        "panel": sitting.panel,
        "panel_person": persons.get(sitting.participant_id, ""),
        "panel_submissions": " ".join(row.submission for row in sitting.submissions.all()),
        "started_at": sitting.started_at.isoformat(timespec="seconds"),
        "finished_at": sitting.finished_at.isoformat(timespec="seconds") if sitting.finished_at else "",
        "outcome": sitting.outcome,
        "completion_code": rule.completion_code if rule else "",
        "currency": sitting.protocol.pay.currency,
    }


def _safe(value: object) -> str:
    """As text that no spreadsheet takes for a formula: a panel's ids come from outside."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
