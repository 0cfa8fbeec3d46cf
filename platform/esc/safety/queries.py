"""What pages ask of the alerts."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from esc.participants.models import Sitting
from esc.safety.models import Alert


def wrote_of_danger_lately(sitting: Sitting) -> bool:
    """Whether this person's own answers spoke of danger to life a short while ago, so that the resources are shown."""
    since = timezone.now() - timedelta(seconds=sitting.protocol.danger.again_after)
    alerts = Alert.objects.filter(participant_id=sitting.participant_id, source=Alert.Source.SURVEY)
    return alerts.filter(kind=Alert.Kind.DANGER, last_at__gt=since).exists()


def was_hard(conversation_id: UUID) -> bool:
    """Whether either person of this conversation wrote of danger to life in it, or one reported the other."""
    return Alert.objects.filter(conversation=conversation_id).exists()  # an answer's alert names no conversation
