"""Agents, for researchers: what each is, how it is doing, a box to try it in, and how its replies came about."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Avg, Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from esc.errors import Refusal
from esc.readonly import ReadOnly
from esc.safety.admin import user_of
from modelserve.forms import AgentForm, TrialForm
from modelserve.models import Agent, Generation, Health, Trial
from modelserve.trials import ask

IDENTITY = ["name", "engine", "checkpoint", "base_url", "api_key_env", "variant", "decoding"]
LOOK_AGAIN = 2  # seconds, while a trial waits


class HealthInline(ReadOnly, admin.TabularInline[Health, Agent]):
    model = Health
    fields = ["worker", "seen_at", "loaded_at", "latency", "latency_batch", "error", "error_at"]


@admin.register(Agent)
class AgentAdmin(admin.ModelAdmin[Agent]):
    form = AgentForm
    inlines = [HealthInline]
    list_display = ["name", "engine", "checkpoint", "state", "waiting", "latency", "is_served"]
    list_filter = ["engine", "is_served"]
    search_fields = ["name", "checkpoint"]
    actions = ["take_new_checkpoints"]
    change_form_template = "modelserve/agent_change_form.html"
    fieldsets = [
        (None, {"fields": ["name", "engine", "checkpoint", ("base_url", "api_key_env")]}),
        ("How it speaks", {"fields": ["variant", "decoding"]}),
        ("How it is served", {"fields": ["is_served", "batch"]}),
        ("What its workers say", {"fields": ["state", "waiting", "checkpoint_hash", "strategies", "replies"]}),
    ]
    readonly_fields = ["state", "waiting", "checkpoint_hash", "strategies", "replies"]

    def get_readonly_fields(self, request: HttpRequest, obj: Agent | None = None) -> list[str]:
        """Whatever an agent said to people was said by the one that its row describes."""
        fixed = IDENTITY if obj is not None and obj.has_answered else []
        return [*fixed, *self.readonly_fields]

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: bool) -> None:
        """What workers write meanwhile is left alone; a row that became another agent has its hash to be found."""
        if not change:
            return super().save_model(request, obj, form, change)
        changed = list(form.changed_data)
        if Agent.objects.get(pk=obj.pk).identity != obj.identity:
            obj.checkpoint_hash, obj.speaks = "", []
            changed += ["checkpoint_hash", "speaks"]
        obj.save(update_fields=changed)

    @admin.display(description="state")
    def state(self, agent: Agent) -> str:
        return render_to_string("modelserve/_state.txt", state_of(agent)).strip()

    @admin.display(description="conversations that wait")
    def waiting(self, agent: Agent) -> int:
        return agent.waiting

    @admin.display(description="last batch")
    def latency(self, agent: Agent) -> str:
        newest = agent.health.filter(latency__isnull=False).first()
        return f"{newest.latency:.2f} s for {newest.latency_batch}" if newest else "–"

    @admin.display(description="strategies")
    def strategies(self, agent: Agent) -> str:
        return ", ".join(agent.speaks) or "known once a worker has loaded it"

    @admin.display(description="replies")
    def replies(self, agent: Agent) -> str | SafeString:
        """How many there were, what the filter did, and how long they took; leads to each of them."""
        counts = agent.generations.aggregate(
            replies=Count("pk"),
            redrawn=Count("pk", filter=~Q(refused=[])),
            safe=Count("pk", filter=Q(is_safe_reply=True)),
            queue=Avg("queue_seconds"),
            generation=Avg("generation_seconds"),
        )
        page = reverse("admin:modelserve_generation_changelist")
        words = render_to_string("modelserve/_replies.txt", counts).strip()
        return format_html('<a href="{}?agent__id__exact={}">{}</a>', page, agent.pk, words)

    @admin.action(description="Take the checkpoint that is there now for this agent's", permissions=["change"])
    def take_new_checkpoints(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        """Its worker finds the hash anew. Not for an agent that has answered people: that one stays who it was."""
        for agent in queryset:
            if agent.has_answered:
                text = f"{agent} has answered people already. Add the new checkpoint as another agent."
                self.message_user(request, text, messages.ERROR)
            else:
                agent.checkpoint_hash = ""
                agent.save(update_fields=["checkpoint_hash"])
                self.message_user(request, f"The next worker that loads {agent} notes its hash.", messages.SUCCESS)


def state_of(agent: Agent) -> dict[str, Any]:
    """What there is to say of an agent in one sentence."""
    alive = agent.health.alive(timezone.now())
    return {
        "agent": agent,
        "ready": alive.filter(loaded_at__isnull=False).first(),
        "failed": alive.filter(loaded_at__isnull=True).exclude(error="").first(),
        "seen": agent.health.first(),
    }


@admin.register(Generation)
class GenerationAdmin(ReadOnly, admin.ModelAdmin[Generation]):
    list_display = [
        "made_at",
        "agent",
        "conversation",
        "strategy",
        "tokens",
        "queue_seconds",
        "generation_seconds",
        "batch",
        "refused",
        "is_safe_reply",
    ]
    list_filter = ["agent", "is_safe_reply", "made_at"]
    list_select_related = ["agent", "turn"]
    search_fields = ["turn__conversation__id"]
    fields = [
        "conversation",
        "strategy",
        "text",
        ("agent", "worker", "variant"),
        "checkpoint_hash",
        ("seed", "prompt_hash"),
        ("tokens", "batch", "queue_seconds", "generation_seconds", "typing_seconds"),
        ("refused", "is_safe_reply"),
        "made_at",
    ]

    @admin.display(description="conversation")
    def conversation(self, generation: Generation) -> SafeString:
        page = reverse("admin:chat_conversation_change", args=[generation.turn.conversation_id])
        return format_html('<a href="{}">{}</a>', page, str(generation.turn.conversation_id)[:8])

    @admin.display
    def strategy(self, generation: Generation) -> str:
        return generation.turn.strategy

    @admin.display
    def text(self, generation: Generation) -> str:
        return generation.turn.text

    @admin.display
    def typing_seconds(self, generation: Generation) -> float | None:
        return generation.turn.typing_seconds


@admin.register(Trial)
class TrialAdmin(admin.ModelAdmin[Trial]):
    """The box in which an agent is tried: what is written there becomes a record with its reply."""

    form = TrialForm
    list_display = ["asked_at", "agent", "strategy", "reply", "seconds", "asked_by"]
    list_filter = ["agent"]
    list_select_related = ["agent", "asked_by"]
    fields = ["agent", "conversation"]

    def has_change_permission(self, request: HttpRequest, obj: Trial | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Trial | None = None) -> Any:
        if obj is None:
            return ["agent", "conversation"]
        return ["agent", "conversation", "answer", "strategy", "seconds", "tokens", "refused", "asked_by", "asked_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Trial | None = None) -> Any:
        return [] if obj is None else self.get_fields(request, obj)

    @admin.display(description="reply")
    def answer(self, trial: Trial) -> str:
        context = {"trial": trial, "waits": _waits(trial), "patience": int(Trial.PATIENCE.total_seconds())}
        return render_to_string("modelserve/_answer.txt", context).strip()

    def save_model(self, request: HttpRequest, obj: Trial, form: Any, change: bool) -> None:
        """The trial waits for a worker; a refusal is told on the page and nothing waits."""
        made = ask(agent=obj.agent, conversation=obj.conversation, user_id=user_of(request))
        obj.pk, obj.asked_at = made.pk, made.asked_at

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        try:
            return super().add_view(request, form_url, extra_context)
        except Refusal as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def response_add(self, request: HttpRequest, obj: Trial, post_url_continue: str | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:modelserve_trial_change", args=[obj.pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The trial's page looks again by itself until its reply is there."""
        response = super().change_view(request, object_id, form_url, extra_context)
        trial = self.get_object(request, object_id)
        if isinstance(response, TemplateResponse) and trial is not None and _waits(trial):
            response["Refresh"] = str(LOOK_AGAIN)
        return response


def _waits(trial: Trial) -> bool:
    return Trial.objects.waiting(timezone.now()).filter(pk=trial.pk).exists()
