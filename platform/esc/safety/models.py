"""Alerts: that something serious was written or reported, who looked at it, and what was sent about it.

No alert holds a copy of what was written: it names the phrases of the reviewed list and where to look.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from esc.participants.models import ROLES, Participant
from esc.safety.screening import Level
from esc.studies.models import Study


class AlertQuerySet(models.QuerySet["Alert"]):
    def unseen(self) -> Self:
        return self.filter(state=Alert.State.OPEN)


class Alert(models.Model):
    """Danger to life in what one person wrote at one place, or one person's report of their partner.

    What comes again while nobody has looked raises `level` and `count` of the same alert.
    """

    class Kind(models.TextChoices):
        DANGER = "danger", "Danger to life"
        REPORT = "report", "Report of a partner"

    class Source(models.TextChoices):
        MESSAGE = "message", "Message"
        SURVEY = "survey", "Answer in a survey"
        REPORT = "report", "Report"

    class Reason(models.TextChoices):
        """Why somebody reports their partner."""

        DANGER = "danger", "I am worried that somebody is in danger"
        THREATS = "threats", "Threats, hate or insults"
        SEXUAL = "sexual", "Sexual remarks"
        PERSONAL = "personal", "They ask who I am or how to reach me"
        NOT_SERIOUS = "not_serious", "They do not take part seriously"
        OTHER = "other", "Something else"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        SEEN = "seen", "Seen"
        CLOSED = "closed", "Closed"

    LEVELS = [(level.value, level.name.lower()) for level in Level]

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=8, choices=Kind)
    source = models.CharField(max_length=8, choices=Source)
    participant = models.ForeignKey(
        Participant,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="alerts",
        help_text="Who wrote it, or who reports; empty for a program.",
    )
    role = models.CharField(max_length=9, choices=ROLES)
    conversation = models.UUIDField(null=True, blank=True)  # its id: conversations live on a floor above
    position = models.PositiveIntegerField(null=True, blank=True, help_text="The newest message it is about.")
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    phrases: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)  # ids, such as en.kms
    list_version = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=12, blank=True, choices=Reason)
    report = models.TextField(max_length=500, blank=True, help_text="What the person who reports wrote about it.")
    count = models.PositiveIntegerField(default=1)  # how many times it came
    created_at = models.DateTimeField()
    last_at = models.DateTimeField()
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    seen_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-last_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "role", "kind", "source"],
                condition=Q(state="open", conversation__isnull=False),
                name="one_open_alert_a_side",
            ),
            models.UniqueConstraint(
                fields=["participant", "role", "kind", "source"],
                condition=Q(state="open", conversation__isnull=True),
                name="one_open_alert_a_person",
            ),
        ]
        indexes = [models.Index(fields=["state", "-last_at"], name="alerts_to_look_at")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_level_display()}), {self.study}"

    def get_absolute_url(self) -> str:
        return reverse("admin:safety_alert_change", args=[self.pk])


class SendingQuerySet(models.QuerySet["Sending"]):
    def due(self, now: datetime) -> Self:
        return self.filter(sent_at__isnull=True, given_up_at__isnull=True, due_at__lte=now)


class Sending(models.Model):
    """One alert on its way out of the house. Retries are this row's, so that no restart forgets one."""

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        WEBHOOK = "webhook", "Webhook"

    LEASE = timedelta(seconds=60)  # for one attempt; a worker that dies in it leaves the next one to another
    PAUSES = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 600, 1800, 3600, 7200, 14400, 28800))

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="sendings")
    channel = models.CharField(max_length=8, choices=Channel)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)

    objects = SendingQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["due_at"], name="sendings_due", condition=Q(sent_at__isnull=True, given_up_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} about alert {self.alert_id}"
