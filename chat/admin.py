"""Conversations, for researchers to read. Nobody edits what was said.

Higher floors know more of a conversation (answers, verdicts, exports) and this one must not import them: each registers
a subclass of the page below it in its place.
"""

from __future__ import annotations

from django.contrib import admin
from django.db.models import F

from chat.models import Conversation, Feedback, Utterance
from esc.readonly import ReadOnly


class UtteranceInline(ReadOnly, admin.TabularInline[Utterance, Conversation]):
    model = Utterance
    fields = ["position", "role", "strategy", "text", "sent_at", "pasted_chars", "typing_ms"]
    ordering = ["position"]


class FeedbackInline(ReadOnly, admin.TabularInline[Feedback, Conversation]):
    model = Feedback
    fields = ["score", "through", "carried_by", "given_at"]


@admin.register(Conversation)
class ConversationAdmin(ReadOnly, admin.ModelAdmin[Conversation]):
    list_display = ["short_id", "study", "purpose", "arm", "ending", "utterance_count", "started_at"]
    list_filter = ["study", "purpose", "arm", "ending", "started_at"]
    list_select_related = ["study"]
    search_fields = ["id"]
    ordering = [F("started_at").desc(nulls_last=True), "study", "import_index", "id"]
    fields = ["id", "study", "protocol_version", "purpose", "arm", "started_at", "ended_at", "ending", "end_reason"]
    inlines = [UtteranceInline, FeedbackInline]

    class Media:
        css = {"all": ["chat/admin.css"]}

    @admin.display(description="conversation", ordering="id")
    def short_id(self, conversation: Conversation) -> str:
        return str(conversation)[:8]

    @admin.display(description="utterances", ordering="last_position")
    def utterance_count(self, conversation: Conversation) -> int:
        return conversation.last_position  # positions run from 1 without a gap
