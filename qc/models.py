"""Verdicts: what quality control decided of a conversation, by which rules, on which transcript."""

from __future__ import annotations

from typing import Any

from django.db import models

from chat.models import Conversation
from esc.studies.models import ProtocolVersion
from qc.verdicts import Decision


class Verdict(models.Model):
    """One judgement. It is never overwritten: judging again under other rules or answers makes a new row."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="verdicts")
    decision = models.CharField(max_length=8, choices=[(decision.value, decision.value) for decision in Decision])
    # [{"rule", "value", "threshold", "passed", "reason"}, …]
    findings: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField()
    # No index: there are a few versions and many verdicts, and all the same SQLite would look verdicts up by it instead
    # of by their conversation (a sweep over 5,000 conversations took 8 s with the index and takes 0.04 s without).
    protocol_version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, db_index=False)
    rules_sha256 = models.CharField(max_length=64)  # of the thresholds and the length unit
    transcript_sha256 = models.CharField(max_length=64)
    # How many surveys and feedback scores had come in by then. Both only ever grow, so the sweep can tell by a number,
    # and by no clock, whether something came later; an answer that no rule looks at raises it and changes nothing else.
    answers_seen = models.PositiveIntegerField()
    judged_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["conversation", "-id"]
        get_latest_by = "id"
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "rules_sha256", "transcript_sha256"], name="one_verdict_on_one_state"
            )
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id}: {self.decision}"
