"""What a person did in the training: lessons answered, attempts at the examination, practice; and what was reset."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q

from chat.models import Conversation
from esc.ontology import Role
from esc.participants.models import Participant, Sitting


class TraineeQuerySet(models.QuerySet["Trainee"]):
    def came_to_training(self) -> Self:
        began = Sitting.objects.filter(participant=OuterRef("pk"), role=Role.SUPPORTER, training_began_at__isnull=False)
        return self.filter(Exists(began))

    def with_counts(self) -> Self:
        """Each with `lessons_done` and `attempts_handed_in`."""
        return self.annotate(
            lessons_done=Count("lesson_answers", distinct=True),
            attempts_handed_in=Count(
                "exam_attempts", filter=Q(exam_attempts__submitted_at__isnull=False), distinct=True
            ),
        )


TraineeManager = models.Manager.from_queryset(TraineeQuerySet)


class Trainee(Participant):
    """A person as the training knows them: the same row, with an admin page of its own."""

    objects: ClassVar[TraineeManager[Trainee]] = TraineeManager()

    class Meta:
        proxy = True
        verbose_name = "person in training"
        verbose_name_plural = "people in training"


class LessonAnswer(models.Model):
    """What a person first answered to a lesson's question. With it, the lesson counts as done."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="lesson_answers")
    lesson = models.CharField(max_length=60)  # its slug
    bank_version = models.CharField(max_length=60)
    answer = models.TextField()
    right = models.BooleanField()
    answered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["participant", "answered_at"]
        constraints = [models.UniqueConstraint(fields=["participant", "lesson"], name="one_answer_a_lesson")]

    def __str__(self) -> str:
        return self.lesson


class ExamAttemptQuerySet(models.QuerySet["ExamAttempt"]):
    def under_way(self) -> Self:
        """Begun and not handed in: at most one for each person."""
        return self.filter(submitted_at__isnull=True)

    def handed_in(self) -> Self:
        return self.filter(submitted_at__isnull=False)


class ExamAttempt(models.Model):
    """One attempt of one person: its questions are drawn when it begins, and asked one after the other."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="exam_attempts")
    number = models.PositiveIntegerField()  # from 1
    bank_version = models.CharField(max_length=60)
    score = models.PositiveIntegerField(null=True, blank=True)  # right answers
    passed = models.BooleanField(null=True, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    closes_at = models.DateTimeField()  # no answer counts after it
    submitted_at = models.DateTimeField(null=True, blank=True)
    out_of_time = models.BooleanField(default=False)

    objects = ExamAttemptQuerySet.as_manager()

    class Meta:
        ordering = ["participant", "number"]
        constraints = [
            models.UniqueConstraint(fields=["participant", "number"], name="one_attempt_a_number"),
            models.UniqueConstraint(
                fields=["participant"], condition=Q(submitted_at__isnull=True), name="one_attempt_under_way"
            ),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True, score__isnull=True, passed__isnull=True)
                | Q(submitted_at__isnull=False, score__isnull=False, passed__isnull=False),
                name="marked_when_handed_in",
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.participant_id}"

    def is_over(self, now: datetime) -> bool:
        """Whether its time has run out."""
        return now >= self.closes_at

    @property
    def current(self) -> ExamQuestion | None:
        """The question to answer now; None once all are answered."""
        return self.questions.filter(answered_at__isnull=True).order_by("number").first()


class ExamQuestion(models.Model):
    """One question of one attempt, kept as it was asked: an edited file never changes what somebody was shown.

    `shown` holds what the page shows: the sentence that asks, and the talk. `options` are in the order shown.
    """

    attempt = models.ForeignKey(ExamAttempt, on_delete=models.CASCADE, related_name="questions")
    number = models.PositiveIntegerField()  # from 1
    question = models.CharField(max_length=60)  # its id in the bank
    lesson = models.CharField(max_length=60)  # the slug of the lesson that it is about
    kind = models.CharField(max_length=10)
    shown: models.JSONField[dict[str, object], dict[str, object]] = models.JSONField()
    options: models.JSONField[list[str], list[str]] = models.JSONField()
    right_answer = models.TextField()  # never leaves the server while somebody can still be asked this
    shown_at = models.DateTimeField(null=True, blank=True)  # first
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)
    right = models.BooleanField(null=True, blank=True)

    class Meta:
        ordering = ["attempt", "number"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "number"], name="one_question_a_number"),
            models.UniqueConstraint(fields=["attempt", "question"], name="a_question_once_an_attempt"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, right__isnull=True, answer="")
                | Q(answered_at__isnull=False, right__isnull=False, shown_at__isnull=False),
                name="answered_after_shown",
            ),
        ]

    def __str__(self) -> str:
        return f"question {self.number}"

    @property
    def says(self) -> str:
        """The last message that is shown with it."""
        talk = self.shown["talk"]
        return str(talk[-1]["text"]) if isinstance(talk, list) and talk else ""

    @property
    def took(self) -> timedelta | None:
        """From when it was first shown to its answer."""
        return self.answered_at - self.shown_at if self.answered_at and self.shown_at else None


class TrainingReset(models.Model):
    """That a researcher let somebody try again, and why. Attempts up to `after_attempt` count no more."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="training_resets")
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    was = models.CharField(max_length=6, blank=True)  # passed, failed or "": in training
    after_attempt = models.PositiveIntegerField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["participant", "made_at"]

    def __str__(self) -> str:
        return f"{self.participant_id}, {self.made_at}: {self.reason}"


class PracticeChat(models.Model):
    """One practice chat: which script its seeker follows, and the remarks that were made."""

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, related_name="practice")
    script = models.PositiveIntegerField()  # its place in the file, from 0
    exchanges = models.PositiveIntegerField(default=0)  # the seeker's answers so far
    remarks: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)  # keys, in order

    def __str__(self) -> str:
        return f"practice {self.conversation_id}"
