"""Conversations, for researchers to read. Nobody edits what was said.

Higher floors know more of a conversation (verdicts, exports): each registers a subclass of the one below in its place.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from chat.models import Conversation, Feedback, Utterance


class ReadOnly:
    """What an admin page shows and nobody changes there."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class UtteranceInline(ReadOnly, admin.TabularInline[Utterance, Conversation]):
    model = Utterance
    fields = ["position", "role", "strategy", "text", "sent_at", "pasted_chars", "typing_ms"]
    ordering = ["position"]


class FeedbackInline(ReadOnly, admin.TabularInline[Feedback, Conversation]):
    model = Feedback
    fields = ["score", "through", "carried_by", "given_at"]


@admin.register(Conversation)
class ConversationAdmin(ReadOnly, admin.ModelAdmin[Conversation]):
    list_display = ["id", "study", "purpose", "arm", "ending", "started_at", "utterance_count"]
    list_filter = ["study", "purpose", "arm", "ending", "started_at"]
    list_select_related = ["study"]
    search_fields = ["id"]
    fields = ["study", "protocol_version", "purpose", "arm", "started_at", "ended_at", "ending", "end_reason"]
    inlines = [UtteranceInline, FeedbackInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(utterance_count=Count("utterances"))

    @admin.display(description="utterances", ordering="utterance_count")
    def utterance_count(self, conversation: Any) -> int:
        return int(conversation.utterance_count)
