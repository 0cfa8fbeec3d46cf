"""Letting somebody try the training again, with the reason stored."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from chat.models import Waiting
from esc.errors import Refusal
from esc.participants.journey import Page, next_page
from esc.participants.models import Participant
from esc.participants.services import reopen_training
from tutorial.models import TrainingReset

RESETTABLE = (Page.TRAINING, Page.LOBBY, Page.FINISH)
LONGEST = 500  # code points of a reason


@transaction.atomic
def reset_training(*, participant_id: UUID, reason: str, user_id: int) -> TrainingReset:
    """The person is in training again with all their attempts, and comes back by their link; lessons stay done.

    What they did before stays stored and counts no more. Refuses a missing or over-long reason (`no_reason`), whoever
    has not come to the training (`not_in_training`), and whoever is in a chat now or has held one (`in_chat`).
    """
    reason = reason.strip()
    if not reason or len(reason) > LONGEST:
        raise Refusal("no_reason", f"Please give a reason of at most {LONGEST} characters.")
    person = Participant.objects.select_for_update().get(pk=participant_id)
    sitting = person.current_sitting
    if sitting is None or sitting.training_began_at is None:
        raise Refusal("not_in_training", "This person's newest visit is not one of the training.")
    if next_page(sitting.facts) not in RESETTABLE or sitting.seats.filter(paired_at__isnull=False).exists():
        raise Refusal("in_chat", "This person has been in a chat since the training, so it stands.")
    was = person.training
    Waiting.objects.filter(seat__sitting=sitting, paired_at=None).delete()
    last = person.exam_attempts.handed_in().last()
    reopen_training(sitting_id=sitting.pk)
    return TrainingReset.objects.create(
        participant=person, reason=reason, by_id=user_id, was=was, after_attempt=last.number if last else 0
    )
