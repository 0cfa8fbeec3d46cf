"""Agents that are models, what their workers say of them, and how each of their utterances came about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from chat.models import AwaitedTurn

ALIVE = timedelta(seconds=60)  # a worker that was not seen for so long is not there
Json = dict[str, Any]


class AgentQuerySet(models.QuerySet["Agent"]):
    def served(self) -> Self:
        return self.filter(is_served=True)


class Agent(models.Model):
    """A model that can take the supporter's seat: an arm's agent with engine = "model" is the row of its name.

    What it is stays as it is from its first answer to a person on: another checkpoint is another agent.
    """

    class Engine(models.TextChoices):
        SEQ2SEQ = "seq2seq", "seq2seq (BlenderBot and its like, through transformers)"
        CAUSAL = "causal", "causal (DialoGPT and its like, through transformers)"
        OPENAI = "openai", "an OpenAI-compatible endpoint (vLLM, TGI, transformers serve)"

    class Variant(models.TextChoices):
        AS_TRAINED = "", "as its generation.json says"
        VANILLA = "vanilla", "vanilla: no strategy"
        JOINT = "joint", "joint: it chooses its strategy"
        RANDOM = "random", "random: a strategy drawn as often as in the corpus"

    name = models.CharField(max_length=60, unique=True, help_text="The name by which a protocol's [[agents]] call it.")
    engine = models.CharField(max_length=8, choices=Engine)
    checkpoint = models.CharField(
        max_length=500, help_text="A folder on the worker's machine, a hub name, or the model's name at the endpoint."
    )
    base_url = models.CharField(
        "endpoint",
        max_length=300,
        blank=True,
        validators=[RegexValidator(r"^https?://\S+\Z", "An address, such as http://127.0.0.1:8001/v1.")],
        help_text="Where an endpoint answers, up to and with /v1.",
    )
    api_key_env = models.CharField(
        "variable of the API key",
        max_length=80,
        blank=True,
        validators=[RegexValidator(r"^[A-Z][A-Z0-9_]*\Z", "The name of a variable, such as VLLM_API_KEY.")],
        help_text="The worker's environment variable that holds the key. The key itself is never stored here.",
    )
    variant = models.CharField(max_length=8, blank=True, choices=Variant, default=Variant.AS_TRAINED)
    decoding: models.JSONField[Json, Json] = models.JSONField(
        default=dict,
        blank=True,
        help_text='Settings in place of those in generation.json, such as {"temperature": 0.7, "top_k": 30}.',
    )
    batch = models.PositiveSmallIntegerField(
        default=32,
        validators=[MinValueValidator(1), MaxValueValidator(512)],
        help_text="How many conversations are answered in one go at most; as many as the worker's memory holds.",
    )
    is_served = models.BooleanField(
        "served", default=True, help_text="Workers have it in memory. Without this nobody gets an answer from it."
    )
    # What the worker that first loaded it found. From then on the checkpoint has to be this one.
    checkpoint_hash = models.CharField(max_length=64, blank=True, editable=False)
    speaks: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AgentQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes it this agent and no other."""
        decoding = tuple(sorted(self.decoding.items()))
        return self.engine, self.checkpoint, self.base_url, self.api_key_env, self.variant, decoding

    @property
    def has_answered(self) -> bool:
        return self.generations.exists()

    @property
    def waiting(self) -> int:
        """How many conversations wait for a reply of it now."""
        turns = AwaitedTurn.objects.filter(answered_at__isnull=True, text="")
        return turns.filter(conversation__supporter__agent=self.name).count()


class HealthQuerySet(models.QuerySet["Health"]):
    def alive(self, now: datetime) -> Self:
        return self.filter(seen_at__gt=now - ALIVE)

    def ready(self, now: datetime) -> Self:
        return self.alive(now).filter(loaded_at__isnull=False)


class Health(models.Model):
    """What one worker last said of one agent."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="health")
    worker = models.CharField(max_length=120)
    seen_at = models.DateTimeField()
    loaded_at = models.DateTimeField(null=True, blank=True)  # null: it does not have it in memory
    error = models.TextField(blank=True)  # the last one, in words for a researcher
    error_at = models.DateTimeField(null=True, blank=True)
    latency = models.FloatField(null=True, blank=True)  # seconds that its last batch took
    latency_batch = models.PositiveSmallIntegerField(null=True, blank=True)  # how many replies were in it

    objects = HealthQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "health"
        ordering = ["-seen_at"]
        constraints = [models.UniqueConstraint(fields=["agent", "worker"], name="one_health_a_worker")]

    def __str__(self) -> str:
        return f"{self.agent} at {self.worker}"


class Generation(models.Model):
    """How the reply to one turn came about; written with its draft, so that no utterance of a model is without."""

    turn = models.OneToOneField(AwaitedTurn, on_delete=models.CASCADE, related_name="generation")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="generations")
    worker = models.CharField(max_length=120)
    checkpoint_hash = models.CharField(max_length=64, blank=True)
    variant = models.CharField(max_length=8, blank=True)
    seed = models.BigIntegerField()
    prompt_hash = models.CharField(max_length=64, blank=True)  # SHA-256 of what the engine read
    tokens = models.PositiveIntegerField()
    batch = models.PositiveSmallIntegerField()  # how many turns were answered with it
    queue_seconds = models.FloatField()  # from when the turn was due to when a worker took it
    generation_seconds = models.FloatField()  # that its batch took, with whatever was drawn again
    refused: models.JSONField[list[str], list[str]] = models.JSONField(default=list)  # why, one for each refused draw
    is_safe_reply = models.BooleanField("safe reply", default=False)  # nothing that was drawn could be said
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.agent} in {self.turn}"


class TrialQuerySet(models.QuerySet["Trial"]):
    def waiting(self, now: datetime) -> Self:
        """Those that somebody still sits in front of."""
        return self.filter(answered_at__isnull=True, asked_at__gt=now - Trial.PATIENCE)


class Trial(models.Model):
    """A researcher tries an agent out: a conversation they wrote, and the reply to it."""

    PATIENCE = timedelta(seconds=60)
    MOST_WAITING = 20

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="trials")
    conversation = models.TextField(
        max_length=8000,
        help_text="One message a line. A line that begins with “supporter:” is the model's own, "
        "or “supporter [Question]:” with its strategy; every other one is the seeker's.",
    )
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    strategy = models.CharField(max_length=60, blank=True)
    reply = models.TextField(blank=True)
    seconds = models.FloatField(null=True, blank=True)
    tokens = models.PositiveIntegerField(null=True, blank=True)
    refused: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)
    error = models.TextField(blank=True)

    objects = TrialQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"trial of {self.agent}"
