"""Alerts, for whoever looks after a study: the newest first, what was sent about each, and two buttons."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from esc.readonly import ReadOnly
from esc.safety.models import Alert, Sending
from esc.safety.services import close_alert, mark_seen


class SendingInline(ReadOnly, admin.TabularInline[Sending, Alert]):
    model = Sending
    fields = ["channel", "attempts", "due_at", "sent_at", "given_up_at", "error"]


@admin.register(Alert)
class AlertAdmin(ReadOnly, admin.ModelAdmin[Alert]):
    list_display = ["last_at", "study", "kind", "level", "source", "role", "count", "state", "where"]
    list_filter = ["state", "level", "kind", "source", "study"]
    list_select_related = ["study"]
    date_hierarchy = "last_at"
    actions = ["mark_as_seen", "close_alerts"]
    inlines = [SendingInline]
    fields = [
        ("study", "kind", "level", "count"),
        ("source", "role", "position"),
        "where",
        "participant",
        "phrases",
        "list_version",
        "reason",
        "report",
        ("created_at", "last_at"),
        ("state", "seen_by", "seen_at", "closed_by", "closed_at"),
    ]

    @admin.display(description="conversation")
    def where(self, alert: Alert) -> str | SafeString:
        """A link to the conversation, which a floor above this one shows."""
        if alert.conversation is None:
            return "–"
        try:
            page = reverse("admin:chat_conversation_change", args=[alert.conversation])
        except NoReverseMatch:
            return str(alert.conversation)
        return format_html('<a href="{}">{}</a>', page, str(alert.conversation)[:8])

    @admin.action(description="Seen: I am looking at it", permissions=["view"])
    def mark_as_seen(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        for alert in queryset:
            mark_seen(alert_id=alert.pk, user_id=self._user(request))
        self.message_user(request, "Noted. What comes from now on is a new alert.", messages.SUCCESS)

    @admin.action(description="Closed: nothing is left to do", permissions=["view"])
    def close_alerts(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        for alert in queryset:
            close_alert(alert_id=alert.pk, user_id=self._user(request))
        self.message_user(request, "Closed.", messages.SUCCESS)

    @staticmethod
    def _user(request: HttpRequest) -> int:
        assert request.user.pk is not None, "the admin lets nobody else in"
        return int(request.user.pk)
