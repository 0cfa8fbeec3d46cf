"""Researchers read what was answered; nobody edits it. A draft stays the participant's own."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from surveys.models import SurveyResponse


@admin.register(SurveyResponse)
class SurveyResponseAdmin(admin.ModelAdmin[SurveyResponse]):
    list_display = ["id", "survey", "study", "seat_id", "submitted_at"]
    list_filter = ["survey", "seat__sitting__participant__study", "submitted_at"]
    list_select_related = ["seat__sitting__participant__study"]
    fields = ["survey", "seat", "submitted_at", "answers", "first_answers"]
    ordering = ["-id"]

    @admin.display(description="study", empty_value="imported")
    def study(self, response: SurveyResponse) -> str | None:
        sitting = response.seat.sitting
        return str(sitting.study) if sitting else None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: SurveyResponse | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SurveyResponse | None = None) -> bool:
        return False
