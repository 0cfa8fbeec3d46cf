"""What the sweep does about an agent that does not answer: the seeker is told honestly, and then nobody waits for ever.

The last limit is the clock of silence (chat.overdue); here is what comes before it.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import translation

from chat.endings import finish_conversation
from chat.models import AwaitedTurn, Notice
from chat.services import post_notice
from chat.turns import free
from esc.errors import Refusal
from esc.ontology import Ending, Role

log = logging.getLogger(__name__)


def tell_who_waits(now: datetime) -> int:
    """Every seeker whose agent has been silent for the protocol's `turn_notice` knows it; says how many were told."""
    return sum(_tell(turn, now) for turn in _without_reply(now).filter(told_at__isnull=True) if _is_late(turn, now))


def end_unanswerable(now: datetime) -> int:
    """Every conversation whose turn was tried as often as its protocol allows has ended; says how many did."""
    tried = _without_reply(now).filter(free(now), tries__gt=0)
    given_up = [turn for turn in tried if turn.tries >= turn.protocol.chat.turn_tries]
    for turn in given_up:
        log.error("No reply came of %s in %s tries; its conversation ends.", turn, turn.tries)
        with suppress(Refusal):  # it has ended meanwhile
            finish_conversation(conversation_id=turn.conversation_id, ending=Ending.MODEL_FAILED, by=None, now=now)
    return len(given_up)


def _without_reply(now: datetime) -> QuerySet[AwaitedTurn]:
    waiting = AwaitedTurn.objects.filter(answered_at__isnull=True, text="", due_at__lte=now)
    return waiting.select_related("conversation__supporter")


def _is_late(turn: AwaitedTurn, now: datetime) -> bool:
    return turn.due_at + timedelta(seconds=turn.protocol.clocks.turn_notice) <= now


@transaction.atomic
def _tell(turn: AwaitedTurn, now: datetime) -> bool:
    if not AwaitedTurn.objects.filter(pk=turn.pk, told_at=None, text="", answered_at=None).update(told_at=now):
        return False
    conversation, protocol = turn.conversation, turn.protocol
    named = protocol.agent(conversation.agent).disclosure == "header"
    with translation.override(protocol.study.language):
        text = render_to_string("chat/_unanswered.txt", {"partner_is_program": named}).strip()
    until = conversation.silence_due_at
    post_notice(conversation_id=conversation.pk, kind=Notice.Kind.QUEUE, text=text, to=Role.SEEKER, until=until)
    return True
