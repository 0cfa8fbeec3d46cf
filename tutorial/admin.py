"""Attempts at the examination, for researchers to read."""

from __future__ import annotations

from django.contrib import admin

from esc.readonly import ReadOnly
from tutorial.models import ExamAttempt


@admin.register(ExamAttempt)
class ExamAttemptAdmin(ReadOnly, admin.ModelAdmin[ExamAttempt]):
    """Read only: an attempt is what happened, and nobody edits that."""

    list_display = ["participant", "study", "number", "score", "passed", "started_at", "submitted_at"]
    list_filter = ["participant__study", "passed", "number", "bank_version"]
    list_select_related = ["participant__study"]
    search_fields = ["participant__id"]
    date_hierarchy = "started_at"
    ordering = ["-started_at"]

    @admin.display(ordering="participant__study__slug")
    def study(self, attempt: ExamAttempt) -> str:
        return attempt.participant.study.slug
