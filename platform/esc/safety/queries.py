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
    """Whether a message of this conversation spoke of danger to life: both people know of that, and of nothing else."""
    alerts = Alert.objects.filter(conversation=conversation_id, kind=Alert.Kind.DANGER)
    return alerts.filter(source=Alert.Source.MESSAGE).exists()
