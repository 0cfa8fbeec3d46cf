"""Attempts at the examination: what was asked, in which order, and what was answered."""

from __future__ import annotations

from django.db import models

from esc.participants.models import Participant


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

    class Meta:
        ordering = ["participant", "number"]
        constraints = [models.UniqueConstraint(fields=["participant", "number"], name="one_attempt_a_number")]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.participant_id}"
