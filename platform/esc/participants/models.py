"""Participants, what they consented to, their sittings and their seats. A panel's ids are kept apart, deletable."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q

from esc.ontology import Outcome, Role
from esc.participants.journey import AfterChat, Facts, SeatFacts, Training
from esc.participants.ledger import Line
from esc.studies.models import ProtocolVersion, Study
from esc.studies.schema import Protocol

ROLES = [(role.value, role.value) for role in Role]
OUTCOMES = [(outcome.value, outcome.value) for outcome in Outcome]


class Participant(models.Model):
    """One person in one study. Nothing here says who they are; `id` is the pseudonym that exports use."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="participants")
    country = models.CharField(max_length=2, blank=True)  # ISO 3166-1 alpha-2; only for crisis resources
    training = models.CharField(max_length=6, blank=True, choices=[(step.value, step.value) for step in Training])
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def current_sitting(self) -> Sitting | None:
        return self.sittings.order_by("-id").first()

    def conversations_done(self, role: str) -> int:
        """How many conversations this person has been through in that role, in all sittings of the study.

        One that a partner left before a real chat does not count once another seat has taken its place.
        """
        been = Seat.objects.filter(sitting__participant=self, role=role, chat_ended_at__isnull=False)
        return been.filter(replaced_by__isnull=True).count()

    def conversations_begun_since(self, moment: datetime, role: str) -> int:
        """How many conversations this person began in that role since then, not counting those as above."""
        begun = Seat.objects.filter(sitting__participant=self, role=role, paired_at__gte=moment)
        return begun.filter(replaced_by__isnull=True).count()


class PanelIdentity(models.Model):
    """How a panel knows this person. Apart from the data, never exported; deleting it makes the person anonymous."""

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, related_name="identity")
    study = models.ForeignKey(Study, on_delete=models.CASCADE)
    panel = models.CharField(max_length=40)
    person = models.CharField(max_length=200)

    class Meta:
        verbose_name_plural = "panel identities"
        constraints = [models.UniqueConstraint(fields=["panel", "person", "study"], name="one_person_a_study")]

    def __str__(self) -> str:
        return f"{self.panel}: {self.person}"


class Consent(models.Model):
    """That a person agreed, to which version and when. A new version is a new row."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="consents")
    protocol_version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT)
    version = models.CharField(max_length=60)
    points = models.JSONField()  # the keys of the points agreed to
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["participant", "version"], name="one_consent_a_version")]

    def __str__(self) -> str:
        return f"{self.participant_id} · {self.version}"


class Sitting(models.Model):
    """One panel submission: one role, one arm, one protocol version, several conversations, one completion code."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="sittings")
    protocol_version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT)
    panel = models.CharField(max_length=40)
    role = models.CharField(max_length=9, blank=True, choices=ROLES)
    arm = models.CharField(max_length=40)
    started_at = models.DateTimeField(auto_now_add=True)
    training_began_at = models.DateTimeField(null=True, blank=True)  # where this sitting is the one of the training
    training_ended_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=16, blank=True, choices=OUTCOMES)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["participant"], condition=Q(finished_at__isnull=True), name="one_open_sitting_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"sitting {self.pk} ({self.role or 'no role yet'})"

    @property
    def protocol(self) -> Protocol:
        return self.protocol_version.protocol

    @property
    def study(self) -> Study:
        return self.participant.study

    @property
    def current_seat(self) -> Seat | None:
        return self.seats.order_by("-number").first()

    @property
    def paid(self) -> Line:
        """All that is due in this sitting so far."""
        return Line.sum(line.as_line for line in self.ledger.all())

    @property
    def conversations_left(self) -> int:
        """How many conversations this person may still begin in this role."""
        return max(0, self.protocol.max_conversations(Role(self.role)) - self.participant.conversations_done(self.role))

    @property
    def to_be_debriefed(self) -> bool:
        """Whether a program sat opposite this person, in a study that tells so only after the chat."""
        agent = self.protocol.agent_of(self.arm)
        return (
            agent is not None and agent.disclosure == "consent" and self.seats.filter(paired_at__isnull=False).exists()
        )

    def left_today(self, now: datetime) -> int:
        """How many conversations this person may still begin today in this role; for seekers no day has a limit."""
        if self.role != Role.SUPPORTER:
            return self.conversations_left
        protocol = self.protocol
        midnight = now.astimezone(protocol.study.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        begun = self.participant.conversations_begun_since(midnight, self.role)
        return min(self.conversations_left, max(0, protocol.supporter.daily_limit - begun))

    @property
    def facts(self) -> Facts:
        """All that the journey needs to know."""
        seat = self.current_seat
        return Facts(
            consented=self.participant.consents.filter(version=self.protocol.consent.version).exists(),
            role=Role(self.role) if self.role else None,
            training=Training(self.participant.training) if self.participant.training else None,
            seat=seat.facts if seat else None,
            finished=self.finished_at is not None,
        )


class PanelSubmission(models.Model):
    """A panel's own id of a submission. Apart from the data, never exported, deletable."""

    sitting = models.ForeignKey(Sitting, on_delete=models.CASCADE, related_name="submissions")
    submission = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sitting", "submission"], name="a_submission_once_a_sitting")]

    def __str__(self) -> str:
        return self.submission


class Seat(models.Model):
    """One person's (or agent's) place in one conversation, from the survey before it to the survey after it.

    It exists before its conversation does. An agent's seat and an imported one have no sitting.
    """

    sitting = models.ForeignKey(Sitting, on_delete=models.CASCADE, null=True, blank=True, related_name="seats")
    number = models.PositiveIntegerField(default=1)  # which conversation of the sitting, from 1
    role = models.CharField(max_length=9, choices=ROLES)
    agent = models.CharField(max_length=60, blank=True)  # the agent's name where no person sits here
    survey_before_at = models.DateTimeField(null=True, blank=True)
    paired_at = models.DateTimeField(null=True, blank=True)
    chat_ended_at = models.DateTimeField(null=True, blank=True)
    after_chat = models.CharField(
        max_length=8, default=AfterChat.SURVEY, choices=[(step.value, step.value) for step in AfterChat]
    )
    survey_after_at = models.DateTimeField(null=True, blank=True)
    waited_s = models.PositiveIntegerField(default=0)  # seconds with the lobby's page open
    chatted_s = models.PositiveIntegerField(default=0)  # seconds in the conversation, from one's own coming
    # The seat at which this person was left before a real chat, in whose place this one is: at the front of the queue.
    instead_of = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    outcome = models.CharField(max_length=16, blank=True, choices=OUTCOMES)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sitting", "number"], name="one_seat_a_number")]

    def __str__(self) -> str:
        return f"seat {self.pk} ({self.role})"

    @property
    def participant_id(self) -> uuid.UUID | None:
        return self.sitting.participant_id if self.sitting else None

    @property
    def facts(self) -> SeatFacts:
        return SeatFacts(
            survey_before=self.survey_before_at is not None,
            paired=self.paired_at is not None,
            chat_ended=self.chat_ended_at is not None,
            after_chat=AfterChat(self.after_chat),
            survey_after=self.survey_after_at is not None,
        )


class LedgerLine(models.Model):
    """What one seat (or, without a seat, the training) is paid for. Written again where an outcome changes."""

    sitting = models.ForeignKey(Sitting, on_delete=models.CASCADE, related_name="ledger")
    seat = models.OneToOneField(Seat, on_delete=models.CASCADE, null=True, blank=True, related_name="ledger_line")
    minutes_waited = models.PositiveIntegerField(default=0)
    minutes_chatted = models.PositiveIntegerField(default=0)
    minutes_trained = models.PositiveIntegerField(default=0)
    conversations = models.PositiveIntegerField(default=0)  # paid as a whole
    amount = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    currency = models.CharField(max_length=3)

    class Meta:
        ordering = ["sitting", "seat"]
        constraints = [
            models.UniqueConstraint(
                fields=["sitting"], condition=Q(seat__isnull=True), name="one_line_for_the_training"
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} for {self.seat or 'the training'}"

    @property
    def as_line(self) -> Line:
        return Line(self.minutes_waited, self.minutes_chatted, self.minutes_trained, self.conversations, self.amount)
