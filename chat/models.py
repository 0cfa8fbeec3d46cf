"""Conversations, their utterances and feedback; who waits, who is connected, and the turns that wait for an agent."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q

from chat.clocks import Watch
from chat.rules import feedback_due
from esc.ontology import Ending, Purpose, Role
from esc.participants.models import ROLES, Participant, Seat
from esc.studies.frozen import frozen
from esc.studies.models import ProtocolVersion, Study
from esc.studies.schema import Protocol

SCORES = Q(score__gte=1, score__lte=5)


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def open(self) -> Self:
        return self.filter(ended_at__isnull=True, import_index__isnull=True)

    def timed(self) -> Self:
        """Those whose clocks run. A rehearsal has none (DESIGN §9), and neither has practice: nobody waits there."""
        return self.open().exclude(purpose__in=[Purpose.REHEARSE, Purpose.PRACTICE])

    def over(self) -> Self:
        """Those that take no more utterances: ended here, or imported."""
        return self.filter(Q(ended_at__isnull=False) | Q(import_index__isnull=False))

    def collected(self) -> Self:
        """What quality control, exports and counts take unless asked otherwise."""
        return self.filter(purpose=Purpose.COLLECT)

    def in_corpus_order(self) -> Self:
        """Imported ones in their file's order, then by start and id."""
        return self.order_by(F("import_index").asc(nulls_last=True), "started_at", "id")


class Conversation(models.Model):
    """One conversation between a seeker and a supporter. Positions of utterances run from 1 without a gap."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="conversations")
    protocol_version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT)
    purpose = models.CharField(max_length=8, choices=[(p.value, p.value) for p in Purpose], default=Purpose.COLLECT)
    arm = models.CharField(max_length=40, blank=True)
    seeker = models.OneToOneField(Seat, on_delete=models.PROTECT, related_name="as_seeker")
    supporter = models.OneToOneField(Seat, on_delete=models.PROTECT, related_name="as_supporter")
    # Who practises, opposite a scripted seeker. Neither seat has a sitting then: practice is on nobody's way, and is
    # paid as training.
    practised_by = models.ForeignKey(
        Participant, on_delete=models.CASCADE, null=True, blank=True, related_name="practised"
    )
    started_at = models.DateTimeField(null=True, blank=True)  # null for an imported one: its file does not say
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=20, blank=True, choices=[(e.value, e.value) for e in Ending])
    end_reason = models.CharField(max_length=500, blank=True)
    # The clocks, as due times; null is a clock that does not run. The sweep alone enforces them (chat.overdue).
    end_proposed_until = models.DateTimeField(null=True, blank=True)  # only a supporter proposes
    seeker_came_at = models.DateTimeField(null=True, blank=True)  # their page was open for the first time
    supporter_came_at = models.DateTimeField(null=True, blank=True)
    seeker_due_back = models.DateTimeField(null=True, blank=True)  # away, and waited for until then
    supporter_due_back = models.DateTimeField(null=True, blank=True)

    import_index = models.PositiveIntegerField(null=True, blank=True)  # place in the file it came from, from 0

    # What a `say` is checked against, kept on the one row that is locked for it.
    last_position = models.PositiveIntegerField(default=0)
    unrated: models.JSONField[list[int], list[int]] = models.JSONField(default=list, blank=True)  # supporter positions
    feedback_to_carry = models.PositiveIntegerField(null=True, blank=True)  # `through` of the one still without carrier
    # The clock of silence, on the same row, so that a message restarts it without a query of its own. No index has
    # these columns: PostgreSQL then rewrites the row in its page.
    owed_by = models.CharField(max_length=9, blank=True, choices=ROLES)  # "": either may write the first word
    owed_since = models.DateTimeField(null=True, blank=True)
    nudge_due_at = models.DateTimeField(null=True, blank=True)
    silence_due_at = models.DateTimeField(null=True, blank=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ending="")
                | (Q(ended_at__isnull=False) & ~Q(ending=""))
                | Q(import_index__isnull=False),
                name="ended_with_one_ending",
            ),
            models.CheckConstraint(
                condition=Q(practised_by__isnull=True) | Q(purpose=Purpose.PRACTICE), name="only_practice_is_practised"
            ),
        ]
        indexes = [
            models.Index(fields=["study", "import_index", "started_at"], name="corpus_order"),
            models.Index(
                fields=["started_at"],
                name="open_conversations",
                condition=Q(ended_at__isnull=True, import_index__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def protocol(self) -> Protocol:
        return self.protocol_version.protocol

    @property
    def is_open(self) -> bool:
        return self.ended_at is None and self.import_index is None

    @property
    def feedback_due(self) -> int | None:
        """The newest supporter position where a rating is due now (enough unrated utterances), else None."""
        return feedback_due(self.unrated, self.protocol)

    @property
    def agent(self) -> str:
        """The name of the agent in the supporter's seat; "" where a person sits there."""
        return self.supporter.agent

    @property
    def watch(self) -> Watch:
        """What its clocks say."""
        back_by = {Role.SEEKER: self.seeker_due_back, Role.SUPPORTER: self.supporter_due_back}
        came = {Role.SEEKER: self.seeker_came_at, Role.SUPPORTER: self.supporter_came_at}
        return Watch(
            proposed_until=self.end_proposed_until,
            silent_until=self.silence_due_at,
            back_by={role: until for role, until in back_by.items() if until is not None},
            came={role for role, at in came.items() if at is not None},
            owed_by=Role(self.owed_by) if self.owed_by else None,
            agent=bool(self.agent),
        )

    def seat(self, role: Role) -> Seat:
        return self.seeker if role is Role.SEEKER else self.supporter

    def role_of(self, participant_id: uuid.UUID) -> Role | None:
        """The role of that person here, or None for an outsider."""
        return next((role for role in Role if self.participant_at(role) == participant_id), None)

    def participant_at(self, role: Role) -> uuid.UUID | None:
        """The person in that role; None where a program sits there, or a file was imported."""
        return self.seat(role).participant_id or (self.practised_by_id if role is Role.SUPPORTER else None)


class Utterance(models.Model):
    """One message. `text` is byte for byte what was typed or imported, edge white space included."""

    # (The unique constraints below begin with it: an index of its own would only cost.)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="utterances", db_index=False)
    position = models.PositiveIntegerField()
    role = models.CharField(max_length=9, choices=ROLES)
    text = models.TextField()
    strategy = models.CharField(max_length=60, blank=True)
    client_id = models.UUIDField(null=True, blank=True)  # made by the page; null for an imported one
    sent_at = models.DateTimeField(null=True, blank=True)  # the server's receipt; null for an imported one
    pasted_chars = models.PositiveIntegerField(null=True, blank=True)  # code points; evidence for a reviewer
    typing_ms = models.PositiveIntegerField(null=True, blank=True)  # milliseconds; evidence for a reviewer

    class Meta:
        ordering = ["conversation", "position"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "position"], name="one_utterance_a_position"),
            models.UniqueConstraint(fields=["conversation", "role", "client_id"], name="one_utterance_a_client_id"),
            models.CheckConstraint(condition=Q(position__gte=1), name="positions_start_at_1"),
            models.CheckConstraint(condition=Q(role=Role.SUPPORTER) | Q(strategy=""), name="seekers_have_no_strategy"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} #{self.position}"


class Feedback(models.Model):
    """The seeker's 1 (very bad) to 5 (excellent) for the utterances up to `through`. The first score stands."""

    # (The unique constraints below begin with it: an index of its own would only cost.)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="feedback", db_index=False)
    through = models.PositiveIntegerField(null=True, blank=True)  # a supporter position; null for an imported one
    score = models.PositiveSmallIntegerField()
    # The seeker utterance that bears it in the release's format: the first one after it was given.
    carried_by = models.PositiveIntegerField(null=True, blank=True)
    given_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "feedback"
        ordering = ["conversation", F("through").asc(nulls_last=True), "carried_by"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "through"], name="one_feedback_a_position"),
            models.UniqueConstraint(fields=["conversation", "carried_by"], name="one_feedback_a_carrier"),
            models.CheckConstraint(condition=SCORES, name="feedback_is_1_to_5"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} ≤{self.through}: {self.score}"


class Waiting(models.Model):
    """A person in the lobby. Pairing claims the row by setting `paired_at`, once."""

    seat = models.OneToOneField(Seat, on_delete=models.CASCADE, related_name="waiting")
    study = models.ForeignKey(Study, on_delete=models.CASCADE)
    entered_at = models.DateTimeField(auto_now_add=True)
    paired_at = models.DateTimeField(null=True, blank=True)
    front = models.BooleanField(default=False)  # was left by a partner before a real chat, and goes before the others
    here_since = models.DateTimeField(null=True, blank=True)  # the meter of paid waiting runs; null while they are away
    ask_at = models.DateTimeField(null=True, blank=True)  # when to ask whether they want to wait on
    asked_at = models.DateTimeField(null=True, blank=True)  # asked, and not answered yet

    class Meta:
        verbose_name_plural = "waiting"
        ordering = ["-front", "entered_at", "id"]
        indexes = [
            models.Index(fields=["study", "entered_at"], name="lobby_queue", condition=Q(paired_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.seat} in the lobby"


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def alive(self, now: datetime) -> Self:
        return self.filter(alive_until__gt=now)


class Connection(models.Model):
    """One open socket of one person: two tabs are two connections and one presence.

    The row is a lease: the process that holds the socket renews it, so that a killed process leaves nobody present.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="connections")
    # Where it is open; null: in the lobby.
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, null=True, blank=True, related_name="connections"
    )
    alive_until = models.DateTimeField(db_index=True)

    objects = ConnectionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.seat} until {self.alive_until}"


class AwaitedTurn(models.Model):
    """A turn that waits for the agent in the supporter's seat: claimed under a lease, answered once."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="awaited_turns")
    after_position = models.PositiveIntegerField()  # the newest utterance it answers; 0 opens the conversation
    due_at = models.DateTimeField()
    lease = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)  # without a lease: what failed rests until then
    answered_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)  # how often it was taken without a reply coming of it
    remade = models.BooleanField(default=False)  # a reply was thrown away for a newer message of the seeker's
    told_at = models.DateTimeField(null=True, blank=True)  # the seeker knows that nobody answers
    # A reply that is made and waits while its agent is seen typing.
    strategy = models.CharField(max_length=60, blank=True)
    text = models.TextField(blank=True)
    typing_since = models.DateTimeField(null=True, blank=True)  # a worker has taken it, and the seeker sees typing
    typing_seconds = models.FloatField(null=True, blank=True)  # that the protocol wants for this text; at least so long

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(answered_at__isnull=True), name="one_awaited_turn_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["due_at"], name="turns_due", condition=Q(answered_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.conversation_id} after {self.after_position}"

    @property
    def protocol(self) -> Protocol:
        return frozen(self.conversation.protocol_version_id).protocol

    def is_at_work(self, now: datetime) -> bool:
        """A reply is made, or somebody is making one."""
        return bool(self.text) or (self.lease is not None and self.leased_until is not None and self.leased_until > now)


class NoticeQuerySet(models.QuerySet["Notice"]):
    def open_for(self, role: Role, now: datetime) -> Self:
        return self.filter(Q(role=role) | Q(role="")).filter(Q(until__isnull=True) | Q(until__gt=now))


class Notice(models.Model):
    """Something the platform says beside the conversation, to one of the two people or (without a role) to both."""

    class Kind(models.TextChoices):
        NUDGE = "nudge", "nudge"
        CRISIS = "crisis", "crisis"
        GUIDANCE = "guidance", "guidance"
        HINT = "hint", "hint"
        RESEARCHER = "researcher", "researcher"
        QUEUE = "queue", "queue"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="notices")
    role = models.CharField(max_length=9, blank=True, choices=ROLES, help_text="Leave empty to tell both people.")
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.TextField(max_length=2000)
    until = models.DateTimeField(null=True, blank=True, help_text="When it closes by itself; empty: with the chat.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} in {self.conversation_id}"
