"""Where researchers write a study's protocol, open and close it, and copy its links."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from esc.errors import FileRefusal
from esc.readonly import ReadOnly
from esc.studies import services
from esc.studies.forms import LinkFormSet, StudyForm
from esc.studies.links import link_faults
from esc.studies.loading import parse_protocol
from esc.studies.models import EntryLink, ProtocolVersion, Study
from esc.studies.panels import PanelAdapter


class LinkInline(admin.StackedInline[EntryLink, Study]):
    model = EntryLink
    formset = LinkFormSet
    extra = 1
    fields = ["label", ("panel", "role", "arm"), "address"]
    readonly_fields = ["address"]
    view_on_site = False  # whoever opens a link takes part
    site = ""  # where this site is served; Django makes one inline for each request

    def get_formset(
        self, request: HttpRequest, obj: Study | None = None, **kwargs: Any
    ) -> type[BaseInlineFormSet[Any, Any, Any]]:
        self.site = request.build_absolute_uri("/").rstrip("/")
        return super().get_formset(request, obj, **kwargs)

    @admin.display(description="address to give out")
    def address(self, link: EntryLink) -> str | SafeString:
        """The whole address, with the panel's placeholders; or why it leads nowhere yet."""
        if link.pk is None:
            return "Shown when the link is saved."
        newest = link.study.versions.order_by("-number").first()
        if newest is None:
            return "Shown when the study is open."
        if link_faults(newest.protocol, panel=link.panel, role=link.role, arm=link.arm):
            return "Leads nowhere until the study is opened again under the changed protocol."
        panel = next(panel for panel in newest.protocol.panels if panel.name == link.panel)
        address = f"{self.site}{link.get_absolute_url()}{PanelAdapter.of(panel).query_pattern}"
        return format_html('<code class="address">{}</code>', address)


@admin.register(Study)
class StudyAdmin(admin.ModelAdmin[Study]):
    form = StudyForm
    inlines = [LinkInline]
    list_display = ["slug", "title", "state", "is_rehearsal", "version_in_force", "created_at"]
    list_filter = ["state", "is_rehearsal"]
    search_fields = ["slug"]
    actions = ["open_studies", "close_studies"]
    fields = ["slug", "state", "version_in_force", "is_rehearsal", "draft"]

    def get_readonly_fields(self, request: HttpRequest, obj: Study | None = None) -> list[str]:
        """The short name stands in participants' addresses, so it stays; whoever takes part was told what for."""
        if obj is None:
            return ["state", "version_in_force"]
        fixed = ["slug", "state", "version_in_force"]
        return [*fixed, "is_rehearsal"] if obj.has_participants else fixed

    def has_delete_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        """A study that was ever open stays: everything that was said in it stands on its versions."""
        kept = obj is not None and obj.versions.exists()
        return not kept and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without deleting many at once, which is refused for most; a draft is deleted on its own page."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def save_model(self, request: HttpRequest, obj: Study, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        newest = obj.versions.order_by("-number").first()
        if newest is not None and newest.text != obj.draft:
            self.message_user(
                request,
                f"The changed protocol is saved and not in force yet: people still take part under version "
                f"{newest.number}. To bring it into force, choose “Open” in the list of studies.",
                messages.WARNING,
            )

    @admin.display
    def title(self, study: Study) -> str:
        try:
            return parse_protocol(study.draft).study.title
        except FileRefusal:
            return "–"

    @admin.display(description="version in force")
    def version_in_force(self, study: Study) -> str:
        newest = study.versions.order_by("-number").first() if study.pk else None
        if newest is None:
            return "none: it has never been open"
        changed = "" if newest.text == study.draft else "; the draft has changed since"
        return f"{newest.number} ({newest.sha256[:8]}), frozen {newest.frozen_at:%Y-%m-%d %H:%M} UTC{changed}"

    @admin.action(description="Open: freeze the protocol and take people", permissions=["change"])
    def open_studies(self, request: HttpRequest, queryset: QuerySet[Study]) -> None:
        for study in queryset:
            try:
                version = services.open_study(study_id=study.pk)
            except FileRefusal as refusal:
                self.message_user(request, f"The study {study.slug} was not opened. {refusal}", messages.ERROR)
            else:
                self.message_user(
                    request, f"The study {study.slug} is open under version {version.number}.", messages.SUCCESS
                )

    @admin.action(description="Close: let no new people in", permissions=["change"])
    def close_studies(self, request: HttpRequest, queryset: QuerySet[Study]) -> None:
        for study in queryset:
            services.close_study(study_id=study.pk)
            self.message_user(
                request, f"The study {study.slug} is closed. Whoever is in goes on to the end.", messages.SUCCESS
            )


@admin.register(ProtocolVersion)
class ProtocolVersionAdmin(ReadOnly, admin.ModelAdmin[ProtocolVersion]):
    list_display = ["study", "number", "sha256", "frozen_at"]
    list_filter = ["study"]
    list_select_related = ["study"]
    fields = ["study", "number", "frozen_at", "sha256", "file"]

    class Media:
        css = {"all": ["esc/admin.css"]}

    @admin.display(description="protocol file (TOML)")
    def file(self, version: ProtocolVersion) -> SafeString:
        return format_html('<pre class="protocol-file">{}</pre>', version.text)
