"""Verdicts, for researchers to read: by themselves, and on the page of their conversation beside its answers."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.template.loader import render_to_string

from chat.admin import ConversationAdmin
from chat.models import Conversation
from esc.errors import Refusal
from esc.readonly import ReadOnly
from qc.models import Verdict
from qc.queries import latest_verdicts
from qc.services import judge_conversation
from qc.verdicts import Decision
from surveys.queries import given_answers
from surveys.questionnaire import SURVEY_NAMES
from surveys.words import in_words


class FindingsInWords:
    """What each rule found and why that passed or not, as a list of sentences."""

    @admin.display(description="findings")
    def reasons(self, verdict: Verdict) -> str:
        return render_to_string("qc/_findings.html", {"verdict": verdict})


@admin.register(Verdict)
class VerdictAdmin(FindingsInWords, ReadOnly, admin.ModelAdmin[Verdict]):
    list_display = ["short_id", "study", "decision", "judged_at"]
    list_filter = ["conversation__study", "decision", "judged_at"]
    list_select_related = ["conversation__study"]
    search_fields = ["conversation__id"]
    ordering = ["-id"]
    fields = [
        "conversation",
        "decision",
        "reasons",
        "protocol_version",
        "rules_sha256",
        "transcript_sha256",
        "judged_at",
    ]
    readonly_fields = ["reasons", "judged_at"]

    @admin.display(description="conversation", ordering="conversation")
    def short_id(self, verdict: Verdict) -> str:
        """Enough to tell it by; the whole id does not fit on a phone."""
        return str(verdict.conversation_id)[:8]

    @admin.display(ordering="conversation__study__slug")
    def study(self, verdict: Verdict) -> str:
        return verdict.conversation.study.slug


class VerdictInline(FindingsInWords, ReadOnly, admin.TabularInline[Verdict, Conversation]):
    model = Verdict
    fields = ["decision", "reasons", "protocol_version", "judged_at"]
    readonly_fields = ["reasons", "judged_at"]


class LatestVerdictFilter(admin.SimpleListFilter):
    title = "latest verdict"
    parameter_name = "verdict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((decision.value, decision.value) for decision in Decision), ("none", "none yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        if self.value() == "none":
            return queryset.filter(verdicts__isnull=True)
        return queryset.filter(pk__in=latest_verdicts().filter(decision=self.value()).values("conversation"))


admin.site.unregister(Conversation)


@admin.register(Conversation)
class JudgedConversationAdmin(ConversationAdmin):
    list_display = [*ConversationAdmin.list_display[:-1], "latest_verdict", *ConversationAdmin.list_display[-1:]]
    list_filter = [*ConversationAdmin.list_filter, LatestVerdictFilter]
    fields = [*ConversationAdmin.fields, "answers"]
    readonly_fields = ["answers"]
    inlines = [*ConversationAdmin.inlines, VerdictInline]
    actions = [*ConversationAdmin.actions, "judge_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        newest = Verdict.objects.filter(conversation=OuterRef("pk")).order_by("-id").values("decision")[:1]
        return super().get_queryset(request).annotate(latest_verdict=Subquery(newest))

    @admin.display(description="latest verdict", ordering="latest_verdict", empty_value="none yet")
    def latest_verdict(self, conversation: Any) -> str | None:
        decision: str | None = conversation.latest_verdict
        return decision

    @admin.display(description="answers")
    def answers(self, conversation: Conversation) -> str:
        """Every survey that was given, each answer under its question, scores and options in the protocol's words."""
        protocol, given = conversation.protocol, given_answers(conversation)
        surveys = [(name, in_words(protocol, name, given[name])) for name in SURVEY_NAMES.values() if name in given]
        return render_to_string("qc/_answers.html", {"surveys": surveys})

    def has_judge_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("qc.add_verdict")

    @admin.action(description="Judge again", permissions=["judge"])
    def judge_again(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> None:
        """Each of them has a verdict on its present state, whether or not a survey is still waited for."""
        before, judged = Verdict.objects.count(), 0
        for conversation in queryset:
            try:
                judge_conversation(conversation_id=conversation.pk)
                judged += 1
            except Refusal as refusal:
                self.message_user(request, f"{conversation}: {refusal.message}", messages.WARNING)
        new = Verdict.objects.count() - before
        self.message_user(request, f"{judged} judged; {new} of the verdicts are new.", messages.SUCCESS)
