"""Attempts at the examination: what was asked, in which order, and what was answered."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q

from esc.participants.models import Participant


class ExamAttemptQuerySet(models.QuerySet["ExamAttempt"]):
    def under_way(self) -> Self:
        """Begun and not handed in: at most one for each person."""
        return self.filter(submitted_at__isnull=True)

    def handed_in(self) -> Self:
        return self.filter(submitted_at__isnull=False)


class ExamAttempt(models.Model):
    """One attempt of one person. `questions` are the ids in the order shown; `answers` maps an id to a strategy."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="exam_attempts")
    number = models.PositiveIntegerField()  # from 1
    bank_version = models.CharField(max_length=60)
    questions = models.JSONField()
    answers = models.JSONField(default=dict, blank=True)
    score = models.PositiveIntegerField(null=True, blank=True)  # right answers
    passed = models.BooleanField(null=True, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True, blank=True)

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
