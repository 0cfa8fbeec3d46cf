"""The training as researchers see it: who came and how it went, how the questions do, and one person's attempts."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join

from esc.errors import Refusal
from esc.participants.journey import Training
from esc.readonly import ReadOnly
from esc.studies.models import Study
from tutorial.items import figures
from tutorial.models import ExamAttempt, ExamQuestion, LessonAnswer, Trainee, TrainingReset
from tutorial.queries import asked, counts
from tutorial.resets import LONGEST, reset_training


class LessonAnswerInline(ReadOnly, admin.TabularInline[LessonAnswer, Trainee]):
    model = LessonAnswer
    fields = ["lesson", "right", "answer", "bank_version", "answered_at"]
    readonly_fields = ["answered_at"]
    ordering = ["answered_at"]


class ExamAttemptInline(ReadOnly, admin.TabularInline[ExamAttempt, Trainee]):
    model = ExamAttempt
    fields = ["number", "score", "passed", "out_of_time", "bank_version", "started_at", "submitted_at"]
    readonly_fields = ["started_at"]
    show_change_link = True


class TrainingResetInline(ReadOnly, admin.TabularInline[TrainingReset, Trainee]):
    model = TrainingReset
    fields = ["made_at", "by", "was", "after_attempt", "reason"]
    readonly_fields = ["made_at"]


class StateFilter(admin.SimpleListFilter):
    """Passed, failed, or still at it."""

    title = "training"
    parameter_name = "training"
    IN_PROGRESS = "in-progress"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Trainee]) -> list[tuple[str, str]]:
        return [(self.IN_PROGRESS, "in progress"), *((step.value, step.value) for step in Training)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Trainee]) -> QuerySet[Trainee]:
        if (state := self.value()) is None:
            return queryset
        return queryset.filter(training="" if state == self.IN_PROGRESS else state)


@admin.register(Trainee)
class TraineeAdmin(ReadOnly, admin.ModelAdmin[Trainee]):
    """Everyone who came to the training. The pages beside it count them by day and judge the questions."""

    change_list_template = "admin/tutorial/trainee/change_list.html"
    change_form_template = "admin/tutorial/trainee/change_form.html"
    list_display = ["id", "study", "state", "lessons", "attempts", "created_at"]
    list_filter = ["study", StateFilter]
    list_select_related = ["study"]
    search_fields = ["id"]
    ordering = ["-created_at"]
    fields = ["id", "study", "state", "created_at"]
    readonly_fields = ["state"]
    inlines = [ExamAttemptInline, TrainingResetInline, LessonAnswerInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Trainee]:
        return Trainee.objects.came_to_training().with_counts().order_by(*self.ordering)

    @admin.display(description="training", ordering="training")
    def state(self, person: Trainee) -> str:
        return person.training or "in progress"

    @admin.display(description="lessons done")
    def lessons(self, person: Trainee) -> int:
        return int(getattr(person, "lessons_done", 0))

    @admin.display(description="attempts handed in")
    def attempts(self, person: Trainee) -> int:
        return int(getattr(person, "attempts_handed_in", 0))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("by-day/", wrap(self.by_day), name="tutorial_by_day"),
            path("questions/", wrap(self.questions), name="tutorial_questions"),
            path("<uuid:person>/reset/", wrap(self.reset), name="tutorial_reset"),
            *super().get_urls(),
        ]

    def by_day(self, request: HttpRequest) -> HttpResponse:
        """Applicants, passed, failed and in progress, by study and day."""
        return self._page(request, "by_day", "Training by study and day", studies=list(counts()))

    def questions(self, request: HttpRequest) -> HttpResponse:
        """How every question of the examination does, in one study or in all."""
        chosen = Study.objects.filter(slug=request.GET.get("study", "")).first()
        context = {
            "figures": figures(asked(chosen)),
            "studies": Study.objects.order_by("slug"),
            "chosen": chosen,
        }
        return self._page(request, "questions", "Questions of the examination", **context)

    def reset(self, request: HttpRequest, person: UUID) -> HttpResponse:
        """Let this person try again, with the reason."""
        trainee = self.get_queryset(request).filter(pk=person).first()
        if trainee is None:
            raise Http404
        if not request.user.has_perm("tutorial.add_trainingreset"):
            raise PermissionDenied
        here = redirect(reverse("admin:tutorial_trainee_change", args=[person]))
        if request.method != "POST":
            return self._page(request, "reset", "Reset the training", person=trainee, longest=LONGEST)
        try:
            reason = request.POST.get("reason", "")
            reset_training(participant_id=person, reason=reason, user_id=int(request.user.pk or 0))
        except Refusal as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
        else:
            self.message_user(request, "The training was reset. The person comes back by their link.")
        return here

    def _page(self, request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        whole = {**self.admin_site.each_context(request), "title": title, "opts": self.model._meta, **context}
        return TemplateResponse(request, f"admin/tutorial/trainee/{name}.html", whole)


def _marks(question: ExamQuestion, option: str) -> list[tuple[str, bool]]:
    return [("✓ right", option == question.right_answer), ("← answered", option == question.answer)]


class ExamQuestionInline(ReadOnly, admin.TabularInline[ExamQuestion, ExamAttempt]):
    model = ExamQuestion
    fields = ["number", "question", "lesson", "asked", "options_shown", "right", "seconds"]
    readonly_fields = ["asked", "options_shown", "seconds"]
    ordering = ["number"]

    @admin.display(description="asked")
    def asked(self, question: ExamQuestion) -> str:
        return format_html('<p class="asked">“{}” <em>{}</em></p>', question.says, question.shown["ask"])

    @admin.display(description="options, as shown")
    def options_shown(self, question: ExamQuestion) -> str:
        rows = [
            (option, *(mark if holds else "" for mark, holds in _marks(question, option)))
            for option in question.options
        ]
        return format_html(
            '<ol class="options-shown">{}</ol>', format_html_join("", "<li>{} <strong>{} {}</strong></li>", rows)
        )

    @admin.display(description="seconds")
    def seconds(self, question: ExamQuestion) -> str:
        return f"{question.took.total_seconds():.0f}" if question.took else "–"


@admin.register(ExamAttempt)
class ExamAttemptAdmin(ReadOnly, admin.ModelAdmin[ExamAttempt]):
    """Read only: an attempt is what happened, and nobody edits that."""

    list_display = ["participant", "study", "number", "score", "passed", "started_at", "submitted_at"]
    list_filter = ["participant__study", "passed", "number", "bank_version"]
    list_select_related = ["participant__study"]
    search_fields = ["participant__id"]
    date_hierarchy = "started_at"
    ordering = ["-started_at"]
    inlines = [ExamQuestionInline]

    class Media:
        css: ClassVar = {"all": ["esc/admin.css"]}

    @admin.display(ordering="participant__study__slug")
    def study(self, attempt: ExamAttempt) -> str:
        return attempt.participant.study.slug


@admin.register(TrainingReset)
class TrainingResetAdmin(ReadOnly, admin.ModelAdmin[TrainingReset]):
    list_display = ["participant", "was", "reason", "by", "made_at"]
    list_filter = ["participant__study"]
    list_select_related = ["by"]
