"""What follows when something serious is written: an alert, and its way to the people who look after the study."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from esc.background import wake_on_commit
from esc.ontology import Purpose, Role
from esc.participants.models import Sitting
from esc.safety.models import Alert, Sending
from esc.safety.screening import Found, Level, screen
from esc.studies.models import Study

SEND = "safety.send_alerts"


@transaction.atomic
def raise_alert(
    *,
    study_id: int,
    kind: Alert.Kind,
    source: Alert.Source,
    level: Level,
    role: Role,
    now: datetime,
    participant_id: UUID | None = None,
    conversation_id: UUID | None = None,
    position: int | None = None,
    found: Found | None = None,
    list_version: str = "",
    reason: str = "",
    report: str = "",
) -> Alert:
    """There is an open alert about this, at this level or a higher one; a new or a graver one is on its way out.

    The caller holds the row that stands for the place (the conversation's or the sitting's), so that two never meet.
    """
    place: dict[str, object] = {"participant_id": participant_id, "role": role, "conversation": conversation_id}
    place |= {"kind": kind, "source": source}
    alert = Alert.objects.unseen().filter(study_id=study_id, **place).first()
    graver = alert is None or level > alert.level
    if alert is None:
        alert = Alert(study_id=study_id, created_at=now, count=0, level=level, **place)
    alert.last_at, alert.list_version = now, list_version or alert.list_version
    alert.position = position or alert.position
    alert.reason, alert.report = reason or alert.reason, report or alert.report
    alert.level = max(alert.level, level)
    alert.phrases = sorted({*alert.phrases, *(found.phrases if found else ())})
    alert.count += 1
    alert.save()
    if graver:
        _send_out(alert, now)
    return alert


def _send_out(alert: Alert, now: datetime) -> None:
    """To every address that the study names, soon; one that waits already is not doubled."""
    for channel in channels_of(alert.study):
        alert.sendings.get_or_create(
            channel=channel, sent_at=None, given_up_at=None, defaults={"due_at": now, "alert": alert}
        )
        wake_on_commit(SEND)


def channels_of(study: Study) -> list[Sending.Channel]:
    """The ways in which this study wants to be told, by its newest protocol. A rehearsal tells nobody."""
    if study.purpose is Purpose.REHEARSE:
        return []
    alerts = study.protocol.alerts
    named = {Sending.Channel.EMAIL: alerts.email, Sending.Channel.WEBHOOK: alerts.webhook}
    return [channel for channel, target in named.items() if target]


@transaction.atomic
def watch_answers(*, sitting: Sitting, texts: Iterable[str]) -> bool:
    """Whether the open answers speak of danger to life; if so there is an alert, and the next pages show the resources.

    Nothing of it reaches the partner. The caller holds the sitting's row.
    """
    danger = sitting.protocol.danger
    found = [hit for text in texts if (hit := screen(text, danger))]
    for hit in found:
        raise_alert(
            study_id=sitting.participant.study_id,
            kind=Alert.Kind.DANGER,
            source=Alert.Source.SURVEY,
            level=hit.level,
            role=Role(sitting.role),
            now=timezone.now(),
            participant_id=sitting.participant_id,
            found=hit,
            list_version=danger.version,
        )
    return bool(found)


def mark_seen(*, alert_id: int, user_id: int) -> None:
    """Somebody has looked at it: what comes from now on is a new alert. Doing it again changes nothing."""
    Alert.objects.filter(pk=alert_id, state=Alert.State.OPEN).update(
        state=Alert.State.SEEN, seen_by=user_id, seen_at=timezone.now()
    )


@transaction.atomic
def close_alert(*, alert_id: int, user_id: int) -> None:
    """Nothing is left to do about it, and nothing more is sent. Doing it again changes nothing."""
    mark_seen(alert_id=alert_id, user_id=user_id)
    closed = Alert.objects.filter(pk=alert_id, state=Alert.State.SEEN).update(
        state=Alert.State.CLOSED, closed_by=user_id, closed_at=timezone.now()
    )
    if closed:
        Sending.objects.filter(alert_id=alert_id, sent_at__isnull=True, given_up_at__isnull=True).update(
            given_up_at=timezone.now(), error="The alert was closed before this was sent."
        )
