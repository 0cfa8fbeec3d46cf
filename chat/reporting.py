"""Reporting a partner, and what a researcher may decide about it."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chat.endings import finish_conversation, stop_conversation
from chat.models import Waiting
from chat.queries import conversation_at, conversation_of
from esc.errors import Refusal
from esc.ontology import Ending, Role
from esc.participants.models import Sitting
from esc.participants.services import remove_from_study
from esc.safety.models import Alert
from esc.safety.screening import Level, screen
from esc.safety.services import close_alert, raise_alert
from esc.text import check_storable

GRAVE = (Alert.Reason.DANGER, Alert.Reason.THREATS)
LONGEST = 500  # code points


@transaction.atomic
def report_partner(*, conversation_id: UUID, participant_id: UUID, reason: str, words: str) -> None:
    """The chat is over and the researchers are told. After the end a partner can still be reported.

    Refuses outsiders (`not_yours`), a reason that is not on the list (`no_such_reason`), and words that are too long
    or cannot be stored (`bad_text`).
    """
    conversation = conversation_of(conversation_id)
    role = conversation.role_of(participant_id) if conversation else None
    if conversation is None or role is None:
        raise Refusal("not_yours", "This conversation belongs to two other people.", status=HTTPStatus.FORBIDDEN)
    if conversation.practised_by_id is not None:
        raise Refusal("practice", "Your partner in a practice chat is a script: there is nobody to report.")
    if reason not in Alert.Reason:
        raise Refusal("no_such_reason", "Please choose what it is about.", status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if len(check_storable(words)) > LONGEST:
        raise Refusal("bad_text", f"Please use at most {LONGEST} characters.", status=HTTPStatus.UNPROCESSABLE_ENTITY)
    with suppress(Refusal):  # it has ended already
        finish_conversation(conversation_id=conversation_id, ending=Ending.REPORTED, by=role)
    now, danger = timezone.now(), conversation.protocol.danger
    raise_alert(
        study_id=conversation.study_id,
        kind=Alert.Kind.REPORT,
        source=Alert.Source.REPORT,
        level=Level.HIGH if reason in GRAVE else Level.MEDIUM,
        role=role,
        now=now,
        participant_id=participant_id,
        conversation_id=conversation_id,
        reason=reason,
        report=words,
    )
    if found := screen(words, danger):
        raise_alert(
            study_id=conversation.study_id,
            kind=Alert.Kind.DANGER,
            source=Alert.Source.REPORT,
            level=found.level,
            role=role,
            now=now,
            participant_id=participant_id,
            conversation_id=conversation_id,
            found=found,
            list_version=danger.version,
        )


@transaction.atomic
def remove_reported(*, alert_id: int, user_id: int) -> None:
    """A researcher's decision: the reported person's outcome is `removed`, their part in the study is over, and the
    alert is closed. Whoever talks with them at the moment loses their partner, paid.

    Refuses (`not_a_report`) other alerts, and (`no_person`) where the partner was a program.
    """
    alert = Alert.objects.select_for_update().get(pk=alert_id)
    conversation = conversation_of(alert.conversation) if alert.conversation else None
    if alert.kind != Alert.Kind.REPORT or conversation is None:
        raise Refusal("not_a_report", "This alert is not a report of a partner.")
    seat = conversation.seat(Role(alert.role).other)
    if seat.sitting is None:
        raise Refusal("no_person", "The reported partner was a program.")
    _end_what_goes_on(seat.sitting)
    remove_from_study(seat_id=seat.pk)
    close_alert(alert_id=alert_id, user_id=user_id)


def _end_what_goes_on(sitting: Sitting) -> None:
    """The person waits no longer, and the conversation that they are in is over."""
    now = sitting.participant.current_sitting
    seat = now.current_seat if now else None
    if seat is None:
        return
    Waiting.objects.filter(seat=seat, paired_at__isnull=True).delete()
    if (here := conversation_at(seat)) is not None and here.is_open:
        stop_conversation(conversation_id=here.pk, reason="A researcher removed one of the two people.")
