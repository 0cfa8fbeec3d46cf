"""Studies, the protocol versions they froze, and the links people arrive by."""

from __future__ import annotations

import secrets

from django.db import models
from django.urls import reverse

from esc.ontology import Purpose, Role
from esc.studies.loading import parse_protocol
from esc.studies.schema import Protocol


class Study(models.Model):
    """One study. Its protocol may be edited as a draft; what it was run under is in its frozen versions."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    slug = models.SlugField(unique=True)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    draft = models.TextField("protocol file (TOML)", help_text="The protocol that the study freezes when it opens.")
    is_rehearsal = models.BooleanField(
        "rehearsal",
        default=False,
        help_text="Scripted people try the site out here. Nothing of it is collected, and its chats have no clocks. "
        "Cannot be changed once somebody takes part.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "studies"
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug

    @property
    def version(self) -> ProtocolVersion:
        """The newest frozen version. Raises ProtocolVersion.DoesNotExist for a study that never opened."""
        return self.versions.latest("number")

    @property
    def protocol(self) -> Protocol:
        return self.version.protocol

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def has_participants(self) -> bool:
        return self.participants.exists()

    @property
    def purpose(self) -> Purpose:
        """What the conversations of this study are held for."""
        return Purpose.REHEARSE if self.is_rehearsal else Purpose.COLLECT


class ProtocolVersion(models.Model):
    """A frozen copy of a protocol file. Conversations, verdicts and exports name the one they were made under."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    frozen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "number"], name="one_version_a_number")]
        ordering = ["study", "number"]

    def __str__(self) -> str:
        return f"{self.study.slug} v{self.number} ({self.sha256[:8]})"

    @property
    def protocol(self) -> Protocol:
        return parse_protocol(self.text)


def _token() -> str:
    return secrets.token_urlsafe(9)


class EntryLink(models.Model):
    """A link that a researcher gives out. It alone says which panel, role and arm: no one can pick those in a URL."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="links")
    token = models.CharField(max_length=32, unique=True, default=_token, editable=False)
    label = models.CharField(max_length=100)
    panel = models.CharField(max_length=40, default="direct", help_text="The name of one of the protocol's panels.")
    role = models.CharField(
        max_length=9,
        blank=True,
        choices=[(role.value, role.value) for role in Role],
        help_text="Leave empty to let people choose.",
    )
    arm = models.CharField(max_length=40, blank=True, help_text="Leave empty to draw an arm by its weight.")

    class Meta:
        ordering = ["study", "label"]

    def __str__(self) -> str:
        return f"{self.study.slug}: {self.label}"

    def get_absolute_url(self) -> str:
        return reverse("participants:arrive", args=[self.token])
