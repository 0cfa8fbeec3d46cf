"""Alerts leave the house by e-mail and webhook, with nothing of what was written, until they have arrived."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from celery import current_app
from django.core import mail
from django.utils import timezone

from chat.models import Conversation
from esc.errors import FileRefusal
from esc.ontology import Role
from esc.safety import sending
from esc.safety.models import Alert, Sending
from esc.safety.services import close_alert
from esc.safety.tasks import send_alerts
from esc.studies.models import Study
from tests.chat.talk import say
from tests.people import Person
from tests.safety.conftest import reopen

pytestmark = pytest.mark.django_db
GRAVE = "I want to die, said the lighthouse keeper"
EMAIL = ('email = ""', 'email = "safety@example.org"')


@pytest.fixture
def mailed(study: Study, settings: Any, sam: Person, pat: Person, conversation: Conversation) -> Conversation:
    """A conversation in a study that is told by e-mail."""
    settings.EMAIL_IS_SET_UP, settings.SITE_URL = True, "https://research.example.org"
    reopen(study, EMAIL)
    return conversation


class Hook:
    """A web server that takes POSTs and answers with `status`."""

    def __init__(self) -> None:
        self.status = 204
        self.taken: list[tuple[str, Any]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.taken.append((self.headers["Content-Type"], json.loads(body)))
                self.send_response(hook.status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Nothing of it belongs into the tests' output."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/alerts"


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    thread = threading.Thread(target=hook.server.serve_forever, daemon=True)
    thread.start()
    yield hook
    hook.server.shutdown()
    thread.join()
    hook.server.server_close()


@pytest.fixture
def hooked(study: Study, hook: Hook, conversation: Conversation) -> Conversation:
    """A conversation in a study that is told at the hook."""
    reopen(study, ('webhook = ""', f'webhook = "{hook.url}"'))
    return conversation


def test_without_an_address_nothing_is_sent(conversation: Conversation) -> None:
    say(conversation, Role.SEEKER, GRAVE)
    assert not Sending.objects.exists()


def test_an_email_says_how_grave_it_is_and_where_to_look(mailed: Conversation) -> None:
    say(mailed, Role.SEEKER, GRAVE)
    assert mail.outbox == [], "never while the message is committed"
    send_alerts()
    (email,) = mail.outbox
    alert = Alert.objects.get()
    assert email.to == ["safety@example.org"]
    assert email.subject == "[demo] Danger to life: high"
    assert f"https://research.example.org/admin/safety/alert/{alert.pk}/change/" in email.body
    assert "lighthouse" not in email.body
    send_alerts()
    assert len(mail.outbox) == 1
    assert Sending.objects.get().sent_at is not None


def test_a_repeat_is_not_sent_again_and_a_graver_one_is(mailed: Conversation) -> None:
    for text in ("I would never kill myself", "I would never kill myself", GRAVE, GRAVE):
        say(mailed, Role.SEEKER, text)
        send_alerts()
    assert [email.subject for email in mail.outbox] == ["[demo] Danger to life: low", "[demo] Danger to life: high"]


def test_a_graver_one_before_the_first_is_sent_goes_out_once(mailed: Conversation) -> None:
    for text in ("I would never kill myself", GRAVE):
        say(mailed, Role.SEEKER, text)
    send_alerts()
    assert [email.subject for email in mail.outbox] == ["[demo] Danger to life: high"]


def test_the_hook_is_told_facts_and_no_words(hooked: Conversation, hook: Hook, sam: Person) -> None:
    position = say(hooked, Role.SEEKER, GRAVE)
    send_alerts()
    ((kind, facts),) = hook.taken
    alert = Alert.objects.get()
    assert kind == "application/json"
    assert facts == {
        "alert": alert.pk,
        "study": "demo",
        "kind": "danger",
        "level": "high",
        "source": "message",
        "reason": "",
        "phrases": ["en.want_to_die"],
        "list_version": hooked.protocol.danger.version,
        "count": 1,
        "role": "seeker",
        "participant": str(sam.sitting.participant_id),
        "conversation": str(hooked.pk),
        "created_at": alert.created_at.isoformat(),
        "last_at": alert.last_at.isoformat(),
        "state": "open",
        "url": f"/admin/safety/alert/{alert.pk}/change/",
    }
    assert position == 1


@pytest.mark.parametrize("status", [302, 404, 500])
def test_what_does_not_arrive_is_tried_again_with_longer_pauses(hooked: Conversation, hook: Hook, status: int) -> None:
    hook.status = status
    say(hooked, Role.SEEKER, GRAVE)
    now = timezone.now()
    sending.send_due(now)
    row = Sending.objects.get()
    assert (row.attempts, row.sent_at, row.due_at) == (1, None, now + Sending.PAUSES[0])
    assert str(status) in row.error
    sending.send_due(now)
    assert len(hook.taken) == 1, "not before its pause is over"
    hook.status = 200
    assert sending.send_due(row.due_at) == 1
    row.refresh_from_db()
    assert (row.attempts, row.error) == (2, "")
    assert row.sent_at is not None


def test_after_the_last_attempt_it_is_given_up_and_says_why(hooked: Conversation, hook: Hook) -> None:
    hook.status = 500
    say(hooked, Role.SEEKER, GRAVE)
    for _ in range(len(Sending.PAUSES) + 1):
        sending.send_due(Sending.objects.get().due_at)
    row = Sending.objects.get()
    assert row.given_up_at is not None
    assert "500" in row.error
    assert sending.send_due(timezone.now() + timedelta(days=9)) == 0


def test_a_server_that_is_not_there_is_tried_again(study: Study, conversation: Conversation) -> None:
    reopen(study, ('webhook = ""', 'webhook = "http://127.0.0.1:9/"'))
    say(conversation, Role.SEEKER, GRAVE)
    assert sending.send_due(timezone.now()) == 0
    assert Sending.objects.get().error.startswith("URLError")


def test_one_worker_takes_each_row(mailed: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    say(mailed, Role.SEEKER, GRAVE)
    now, row = timezone.now(), Sending.objects.get()
    assert sending._claim(Sending.objects.get(), now)
    assert not sending._claim(row, now)
    assert sending.send_due(now) == 0, "its lease runs"
    assert sending.send_due(now + Sending.LEASE) == 1, "the worker that had it died"


def test_what_is_closed_is_not_sent_any_more(mailed: Conversation, rita: Any) -> None:
    say(mailed, Role.SEEKER, GRAVE)
    close_alert(alert_id=Alert.objects.get().pk, user_id=rita.pk)
    send_alerts()
    assert mail.outbox == []


def test_a_rehearsal_tells_nobody(mailed: Conversation, study: Study) -> None:
    study.is_rehearsal = True
    study.save()
    say(mailed, Role.SEEKER, GRAVE)
    assert Alert.objects.exists()
    assert not Sending.objects.exists()


def test_a_study_that_wants_email_does_not_open_where_none_can_be_sent(study: Study, settings: Any) -> None:
    settings.EMAIL_IS_SET_UP = False
    with pytest.raises(FileRefusal, match=r"alerts\.email: this server cannot send e-mail"):
        reopen(study, EMAIL)


def test_the_sweep_sends(settings: Any) -> None:
    assert "safety.send_alerts" in current_app.tasks
    assert "safety.send_alerts" in {row["task"] for row in settings.CELERY_BEAT_SCHEDULE.values()}
