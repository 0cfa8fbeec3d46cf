"""What only the release's format knows of a conversation."""

from __future__ import annotations

from django.db import models

from chat.models import Conversation


class ImportedRecord(models.Model):
    """What an imported record looked like where its answers alone cannot tell: an export gives the same shape back."""

    conversation = models.OneToOneField(
        Conversation, on_delete=models.CASCADE, primary_key=True, related_name="imported_record"
    )
    # The parts that its `survey_score` had ("seeker", "supporter"), empty ones too; null: it had no `survey_score`.
    score_parts: models.JSONField[list[str] | None, list[str] | None] = models.JSONField(null=True, blank=True)

    def __str__(self) -> str:
        return f"record of {self.conversation_id}"
