"""Practice: the real chat page, with a script in the seeker's seat. On nobody's way, never counted, no clocks."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from chat.models import Conversation
from esc.ontology import Purpose, Role
from esc.participants.models import Seat, Sitting

SCRIPT = "practice"  # the agent's name in the seeker's seat


@transaction.atomic
def begin_practice(*, sitting: Sitting) -> Conversation:
    """A new conversation in which this person is the supporter. Neither seat has a sitting, so no journey and no
    ledger knows of it; the lobby, quality control, exports and counts take other purposes.
    """
    return Conversation.objects.create(
        study=sitting.study,
        protocol_version=sitting.protocol_version,
        purpose=Purpose.PRACTICE,
        practised_by=sitting.participant,
        seeker=Seat.objects.create(role=Role.SEEKER, agent=SCRIPT),
        supporter=Seat.objects.create(role=Role.SUPPORTER),
        started_at=timezone.now(),
    )
