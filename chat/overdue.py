"""What the sweep does about clocks that ran out: a nudge, then an ending. Safe to run twice and from many workers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import translation

from chat.clocks import run_out
from chat.endings import finish_conversation
from chat.models import Conversation, Notice
from chat.queries import WITH_SEATS
from chat.services import post_notice
from esc.ontology import Role

log = logging.getLogger(__name__)


def end_overdue(now: datetime) -> int:
    """Every conversation of which a clock has run out by `now` has its one ending; says how many there were."""
    overdue = Q(end_proposed_until__lte=now) | Q(seeker_due_back__lte=now) | Q(supporter_due_back__lte=now)
    silent = Q(silence_due_at__lte=now, end_proposed_until__isnull=True)
    return _each(Conversation.objects.timed().filter(overdue | silent), _end, now)


def nudge_silent(now: datetime) -> int:
    """Whoever has owed a reply for long enough is nudged, once for each silence; says how many were."""
    people = Q(owed_by=Role.SEEKER) | Q(owed_by=Role.SUPPORTER, supporter__agent="")
    due = Conversation.objects.timed().filter(people, nudge_due_at__lte=now, end_proposed_until__isnull=True)
    return _each(due, _nudge, now)


def _each(found: Iterable[Conversation], do: Callable[[UUID, datetime], bool], now: datetime) -> int:
    """One that fails is logged and tried again by the next sweep; the others do not wait for it."""
    done = 0
    for conversation in found:
        try:
            done += do(conversation.pk, now)
        except Exception:
            log.exception("The clocks of %s were not seen to; they are again in the next sweep.", conversation)
    return done


@transaction.atomic
def _end(conversation_id: UUID, now: datetime) -> bool:
    conversation = _locked(conversation_id)
    due = run_out(conversation.watch, now) if conversation else None
    if due is None:
        return False
    finish_conversation(conversation_id=conversation_id, ending=due.ending, by=due.by, now=now)
    return True


@transaction.atomic
def _nudge(conversation_id: UUID, now: datetime) -> bool:
    conversation = _locked(conversation_id)
    if conversation is None or conversation.nudge_due_at is None or conversation.nudge_due_at > now:
        return False
    Conversation.objects.filter(pk=conversation_id).update(nudge_due_at=None)
    with translation.override(conversation.protocol.study.language):
        text = render_to_string("chat/_nudge.txt", {"conversation": conversation}).strip()
    post_notice(
        conversation_id=conversation_id,
        kind=Notice.Kind.NUDGE,
        text=text,
        to=Role(conversation.owed_by),
        until=conversation.silence_due_at,
    )
    return True


def _locked(conversation_id: UUID) -> Conversation | None:
    """The conversation while its clocks run, for this worker alone; None where another one is at it, or it is over."""
    return (
        Conversation.objects.timed()
        .select_for_update(skip_locked=True, of=("self",))
        .select_related(*WITH_SEATS)
        .filter(pk=conversation_id)
        .first()
    )
