"""Alerts, for whoever looks after a study: the newest first, what was sent about each, and two buttons."""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
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
    list_display = ["last_at", "state", "level", "kind", "where", "person", "study", "source", "role", "count"]
    list_filter = ["state", "level", "kind", "source", "study"]
    list_select_related = ["study"]
    search_fields = ["participant__id", "conversation"]
    search_help_text = "The id of a participant or of a conversation, or its beginning."
    date_hierarchy = "last_at"
    actions = ["mark_as_seen", "close_alerts"]
    inlines = [SendingInline]
    view_on_site = False  # its own page is this one
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

    def has_handle_permission(self, request: HttpRequest) -> bool:
        """Nobody edits an alert, but whoever may change alerts may say what was done about one."""
        return request.user.has_perm("safety.change_alert")

    @admin.display(description="where")
    def where(self, alert: Alert) -> str | SafeString:
        return str(alert.conversation)[:8] if alert.conversation else "–"

    @admin.display(description="participant")
    def person(self, alert: Alert) -> str | SafeString:
        """Who wrote it, or who reports."""
        return link_to("participants_participant", alert.participant_id)

    @admin.action(description="Seen: I am looking at it", permissions=["handle"])
    def mark_as_seen(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        for alert in queryset:
            mark_seen(alert_id=alert.pk, user_id=user_of(request))
        self.message_user(request, "Noted. What comes from now on is a new alert.", messages.SUCCESS)

    @admin.action(description="Closed: nothing is left to do", permissions=["handle"])
    def close_alerts(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        for alert in queryset:
            close_alert(alert_id=alert.pk, user_id=user_of(request))
        self.message_user(request, "Closed.", messages.SUCCESS)


def user_of(request: HttpRequest) -> int:
    """The researcher who pressed the button."""
    assert request.user.pk is not None, "the admin lets nobody else in"
    return int(request.user.pk)


def link_to(page: str, pk: UUID | None) -> str | SafeString:
    """A row of that model by the beginning of its id, as a link to its page in the admin; "–" for none."""
    if pk is None:
        return "–"
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{page}_change", args=[pk]), str(pk)[:8])
