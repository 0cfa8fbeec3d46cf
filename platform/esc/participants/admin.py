"""Who takes part, as researchers see them: pseudonyms, steps and pay. A panel's ids stand on a page of their own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from esc.participants.journey import next_page
from esc.participants.models import Consent, LedgerLine, PanelIdentity, Participant, Sitting
from esc.participants.payroll import payroll
from esc.participants.services import forget_panel_ids
from esc.participants.templatetags.money import money
from esc.readonly import ReadOnly


class SittingInline(ReadOnly, admin.TabularInline[Sitting, Participant]):
    model = Sitting
    fields = ["started_at", "panel", "role", "arm", "now_on", "conversations", "outcome", "finished_at"]
    readonly_fields = ["started_at", "now_on", "conversations"]
    extra = 0

    @admin.display(description="now on the page")
    def now_on(self, sitting: Sitting) -> str:
        return next_page(sitting.facts).value

    @admin.display(description="conversations held")
    def conversations(self, sitting: Sitting) -> int:
        return sitting.seats.filter(chat_ended_at__isnull=False).count()


class ConsentInline(ReadOnly, admin.TabularInline[Consent, Participant]):
    model = Consent
    fields = ["version", "points", "protocol_version", "given_at"]
    readonly_fields = ["given_at"]
    extra = 0


class LedgerInline(ReadOnly, admin.TabularInline[LedgerLine, Sitting]):
    model = LedgerLine
    fields = ["seat", "minutes_waited", "minutes_chatted", "minutes_trained", "conversations", "amount", "currency"]
    verbose_name_plural = "ledger (a line a seat; the one without a seat is the training)"


@admin.register(Sitting)
class SittingAdmin(ReadOnly, admin.ModelAdmin[Sitting]):
    """What became of each sitting and what is due for it; the list for whoever pays."""

    inlines = [LedgerInline]
    list_display = ["id", "study", "participant", "role", "outcome", "due", "started_at", "finished_at"]
    list_filter = ["participant__study", "role", "outcome", "panel", ("finished_at", admin.EmptyFieldListFilter)]
    list_select_related = ["participant__study", "protocol_version"]
    search_fields = ["participant__id"]
    date_hierarchy = "finished_at"
    ordering = ["-id"]
    fields = ["participant", "panel", "role", "arm", "started_at", "finished_at", "outcome", "due"]
    readonly_fields = ["due"]
    actions = ["download_payroll"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sitting]:
        return super().get_queryset(request).prefetch_related("ledger")

    @admin.display(description="amount due")
    def due(self, sitting: Sitting) -> str:
        return money(sitting.paid.amount, sitting.protocol.pay.currency)

    @admin.action(description="Download what is due (CSV)", permissions=["view"])
    def download_payroll(self, request: HttpRequest, queryset: QuerySet[Sitting]) -> HttpResponse:
        """The panel's ids are in it for whoever may see them."""
        with_panel_ids = request.user.has_perm("participants.view_panelidentity")
        response = HttpResponse(payroll(queryset, with_panel_ids=with_panel_ids), content_type="text/csv")
        response.headers["Content-Disposition"] = 'attachment; filename="pay.csv"'
        response.headers["Cache-Control"] = "no-store"
        return response


@admin.register(Participant)
class ParticipantAdmin(ReadOnly, admin.ModelAdmin[Participant]):
    inlines = [SittingInline, ConsentInline]
    list_display = ["id", "study", "country", "training", "created_at"]
    list_filter = [
        "study",
        ("consents", admin.EmptyFieldListFilter),  # a link's preview makes a participant who never consents
        "training",
        "sittings__role",
        "sittings__outcome",
    ]
    list_select_related = ["study"]
    search_fields = ["id"]
    fields = ["id", "study", "country", "training", "created_at"]


@admin.register(Consent)
class ConsentAdmin(ReadOnly, admin.ModelAdmin[Consent]):
    list_display = ["participant", "version", "protocol_version", "given_at"]
    list_filter = ["protocol_version__study", "version"]
    list_select_related = ["protocol_version__study"]
    search_fields = ["participant__id"]


@admin.register(PanelIdentity)
class PanelIdentityAdmin(ReadOnly, admin.ModelAdmin[PanelIdentity]):
    """Deleting makes the person anonymous: the panel's ids go, the data stay under the pseudonym."""

    list_display = ["panel", "person", "study", "participant"]
    list_filter = ["study", "panel"]
    list_select_related = ["study"]
    search_fields = ["person", "participant__id"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def delete_model(self, request: HttpRequest, obj: PanelIdentity) -> None:
        forget_panel_ids(participant_id=obj.participant_id)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[PanelIdentity]) -> None:
        for participant_id in list(queryset.values_list("participant_id", flat=True)):
            forget_panel_ids(participant_id=participant_id)
