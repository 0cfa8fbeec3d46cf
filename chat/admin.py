"""Conversations, for researchers to read. Nobody edits what was said.

Higher floors know more of a conversation (answers, verdicts, exports) and this one must not import them: each registers
a subclass of the page below it in its place.
"""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from chat.endings import stop_conversation
from chat.models import Conversation, Feedback, Utterance
from chat.reporting import remove_reported
from esc.errors import Refusal
from esc.readonly import ReadOnly
from esc.safety.admin import AlertAdmin, link_to, user_of
from esc.safety.models import Alert


class UtteranceInline(ReadOnly, admin.TabularInline[Utterance, Conversation]):
    model = Utterance
    fields = ["position", "role", "strategy", "text", "sent_at", "pasted_chars", "typing_ms"]
    ordering = ["position"]


class FeedbackInline(ReadOnly, admin.TabularInline[Feedback, Conversation]):
    model = Feedback
    fields = ["in_words", "through", "carried_by", "given_at"]
    readonly_fields = ["in_words"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Feedback]:
        return super().get_queryset(request).select_related("conversation__protocol_version")

    @admin.display(description="score")
    def in_words(self, feedback: Feedback) -> str:
        protocol = feedback.conversation.protocol
        return f"{feedback.score} ({protocol.scale_word(protocol.feedback.scale, feedback.score)})"


@admin.register(Conversation)
class ConversationAdmin(ReadOnly, admin.ModelAdmin[Conversation]):
    list_display = ["short_id", "study", "purpose", "arm", "ending", "utterance_count", "started_at"]
    list_filter = ["study", "purpose", "arm", "ending", "started_at"]
    list_select_related = ["study"]
    search_fields = ["id"]
    ordering = [F("started_at").desc(nulls_last=True), "study", "import_index", "id"]
    fields = ["id", "study", "protocol_version", "purpose", "arm", "started_at", "ended_at", "ending", "end_reason"]
    inlines = [UtteranceInline, FeedbackInline]

    actions = ["stop"]

    class Media:
        css = {"all": ["chat/admin.css"]}

    def has_stop_permission(self, request: HttpRequest) -> bool:
        """Stopping changes two people's way: it takes the right to change conversations, not only to read them."""
        return request.user.has_perm("chat.change_conversation")

    @admin.action(description="Stop these conversations now", permissions=["stop"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> None:
        """The two people are told, and go on with their pay. Those that have ended stay as they are."""
        for conversation in queryset:
            try:
                stop_conversation(conversation_id=conversation.pk, reason="Stopped by a researcher.")
            except Refusal as refusal:
                self.message_user(request, f"{conversation}: {refusal.message}", messages.WARNING)
            else:
                self.message_user(request, f"{conversation} is stopped.", messages.SUCCESS)

    @admin.display(description="conversation", ordering="id")
    def short_id(self, conversation: Conversation) -> str:
        return str(conversation)[:8]

    @admin.display(description="utterances", ordering="last_position")
    def utterance_count(self, conversation: Conversation) -> int:
        return conversation.last_position  # positions run from 1 without a gap


admin.site.unregister(Alert)


@admin.register(Alert)
class AlertInChatAdmin(AlertAdmin):
    """An alert leads to its conversation, and a report can end the reported person's part in the study."""

    actions = [*AlertAdmin.actions, "remove_the_reported"]

    @admin.display(description="where")
    def where(self, alert: Alert) -> str | SafeString:
        return link_to("chat_conversation", alert.conversation)

    @admin.action(description="Remove the reported person from the study", permissions=["handle"])
    def remove_the_reported(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        for alert in queryset:
            try:
                remove_reported(alert_id=alert.pk, user_id=user_of(request))
            except Refusal as refusal:
                self.message_user(request, f"{alert}: {refusal.message}", messages.ERROR)
            else:
                self.message_user(request, f"{alert}: the reported person is removed.", messages.SUCCESS)
