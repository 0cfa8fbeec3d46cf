"""Alerts on their way out: by e-mail and to a webhook, again and again with longer pauses, until they arrived.

What leaves the house is a level and where to look; not a word of what anybody wrote.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime
from http.client import HTTPException
from smtplib import SMTPException
from typing import Any
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from django.core.mail import EmailMessage

from esc.errors import FileRefusal
from esc.safety.models import Alert, Sending
from esc.studies.schema import Protocol

log = logging.getLogger(__name__)

TIMEOUT = 10  # seconds for one attempt
MOST_AT_ONCE = 20


def check_alerts_can_be_sent(protocol: Protocol) -> None:
    """Raises FileRefusal where the protocol names an e-mail address and this server has no way to send e-mail."""
    if protocol.alerts.email and not settings.EMAIL_IS_SET_UP:
        raise FileRefusal("alerts.email", "this server cannot send e-mail: set EMAIL_URL, or leave the address empty")


def send_due(now: datetime) -> int:
    """Everything that is due is sent, or due again later; comes back with how many were sent.

    Safe to run twice and from many workers: each row is claimed by a conditional UPDATE. A worker that dies between
    sending and noting it leads to a second copy, never to none.
    """
    due = Sending.objects.due(now).select_related("alert__study").order_by("due_at")[:MOST_AT_ONCE]
    return sum(_send(sending, now) for sending in list(due) if _claim(sending, now))


def _claim(sending: Sending, now: datetime) -> bool:
    unchanged = Sending.objects.filter(pk=sending.pk, due_at=sending.due_at, sent_at=None, given_up_at=None)
    sending.attempts += 1
    return bool(unchanged.update(due_at=now + Sending.LEASE, attempts=sending.attempts))


def _send(sending: Sending, now: datetime) -> bool:
    try:
        WAYS[sending.channel](sending.alert)
    except (OSError, SMTPException, HTTPException, ValueError) as error:
        log.warning("%s was not sent (attempt %s): %r", sending, sending.attempts, error)
        _try_later(sending, now, error)
        return False
    Sending.objects.filter(pk=sending.pk).update(sent_at=now, error="")
    return True


def _try_later(sending: Sending, now: datetime, error: Exception) -> None:
    row = Sending.objects.filter(pk=sending.pk)
    reason = f"{type(error).__name__}: {error}"[:200]
    if sending.attempts > len(Sending.PAUSES):
        row.update(given_up_at=now, error=reason)
        log.error("%s is given up after %s attempts: %s", sending, sending.attempts, reason)
    else:
        row.update(due_at=now + Sending.PAUSES[sending.attempts - 1], error=reason)


def facts_of(alert: Alert) -> dict[str, Any]:
    """What is told outside: nothing that anybody wrote."""
    return {
        "alert": alert.pk,
        "study": alert.study.slug,
        "kind": alert.kind,
        "level": alert.get_level_display(),
        "source": alert.source,
        "reason": alert.reason,
        "phrases": alert.phrases,
        "list_version": alert.list_version,
        "count": alert.count,
        "role": alert.role,
        "participant": str(alert.participant_id) if alert.participant_id else None,
        "conversation": str(alert.conversation) if alert.conversation else None,
        "created_at": alert.created_at.isoformat(),
        "last_at": alert.last_at.isoformat(),
        "state": alert.state,
        "url": f"{settings.SITE_URL}{alert.get_absolute_url()}",
    }


def _by_email(alert: Alert) -> None:
    facts = facts_of(alert)
    lines = [
        f"{alert.get_kind_display()} in the study {alert.study.slug}, level: {facts['level']}.",
        f"Where: {alert.get_source_display().lower()}, {alert.role}, {alert.last_at:%Y-%m-%d %H:%M} UTC.",
        f"Look at it and note what was done: {facts['url']}",
        "This e-mail holds nothing that participants wrote. Nobody else is told automatically.",
    ]
    EmailMessage(
        subject=f"[{alert.study.slug}] {alert.get_kind_display()}: {facts['level']}",
        body="\n\n".join(lines),
        to=[alert.study.protocol.alerts.email],
    ).send()


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        """A redirected POST would arrive as a GET, without its body: it counts as an error instead."""


_opener = build_opener(_NoRedirects)


def _to_webhook(alert: Alert) -> None:
    request = Request(  # noqa: S310 - the schema takes http and https alone
        alert.study.protocol.alerts.webhook,
        data=json.dumps(facts_of(alert)).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "esc-platform"},
        method="POST",
    )
    with _opener.open(request, timeout=TIMEOUT):
        pass  # whatever is no 2xx was raised as HTTPError, an OSError


WAYS: dict[str, Callable[[Alert], None]] = {Sending.Channel.EMAIL: _by_email, Sending.Channel.WEBHOOK: _to_webhook}
