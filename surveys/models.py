"""A person's answers to one survey at one seat: the draft as it is filled in, and what was given."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q

from esc.participants.models import Seat

SURVEYS = ["seeker_before", "seeker_after", "supporter_after"]


class SurveyResponseQuerySet(models.QuerySet["SurveyResponse"]):
    def given(self) -> Self:
        """What people handed in, and all that was imported (its seats have no sitting); a draft never."""
        return self.filter(Q(submitted_at__isnull=False) | ~Q(answers={}) | Q(seat__sitting__isnull=True))


class SurveyResponse(models.Model):
    """One survey of one seat. `answers` holds item key → stored value (a score as int), empty until given."""

    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="surveys")
    survey = models.CharField(max_length=20, choices=[(name, name) for name in SURVEYS])
    draft: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    answers: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    # What the scale said first: before the change was confirmed in words (DESIGN §12), or at the seat in whose place
    # this one is. `answers` has the newer one.
    first_answers: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)  # null for a draft, and for an imported one

    objects = SurveyResponseQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seat", "survey"], name="one_response_a_survey")]

    def __str__(self) -> str:
        return f"{self.survey} of {self.seat}"
