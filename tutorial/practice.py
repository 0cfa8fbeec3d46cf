"""The practice chat: a scripted seeker answers in the real chat, and remarks are made on how the supporter goes on.

The conversation's own row says whose turn it is, so the sweep that lets the script answer is safe to run twice and from
many workers, and practice can be left and taken up again.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from chat.endings import finish_conversation
from chat.models import Conversation, Notice, Utterance
from chat.practice import begin_practice
from chat.services import Posted, Say, post_notice, post_utterances
from esc.errors import Refusal
from esc.ontology import Ending, Purpose, Role
from esc.participants.journey import Page, next_page
from esc.participants.models import Sitting
from tutorial.fitting import content_for
from tutorial.loading import load_content
from tutorial.models import PracticeChat
from tutorial.remarks import Said, remark_on, said
from tutorial.shape import Practice, Script, Step

SAYS = uuid.UUID("0f4f7a8e-2f57-4a43-9a8b-2f0b6c1d9e31")  # names each scripted message's own client_id


@transaction.atomic
def start_practice(*, sitting_id: int) -> Conversation:
    """The practice chat this person is in, or a new one with the next script. Refuses (`out_of_order`) anyone who is
    not in training.
    """
    sitting = (
        Sitting.objects.select_for_update(of=("self",))
        .select_related("participant__study", "protocol_version")
        .get(pk=sitting_id)
    )
    if next_page(sitting.facts) is not Page.TRAINING:
        raise Refusal("out_of_order", "Practice belongs to the training. Please go on from the page you are on.")
    if conversation := open_practice(sitting):
        return conversation
    scripts = content_for(sitting.protocol).practice.scripts
    number = PracticeChat.objects.filter(conversation__practised_by=sitting.participant).count() % len(scripts)
    conversation = begin_practice(sitting=sitting)
    PracticeChat.objects.create(conversation=conversation, script=number)
    if sitting.protocol.chat.opens != "supporter":
        _say(conversation, scripts[number].opening, number=0)
    return conversation


def open_practice(sitting: Sitting) -> Conversation | None:
    return Conversation.objects.open().filter(practised_by=sitting.participant_id).first()


def practised(sitting: Sitting) -> PracticeChat | None:
    """The newest practice chat that has ended, if any."""
    return (
        PracticeChat.objects.filter(conversation__practised_by=sitting.participant_id)
        .exclude(conversation__ended_at=None)
        .order_by("conversation__ended_at")
        .last()
    )


def answer_practice(now: datetime) -> int:
    """Every scripted seeker who owes a reply has given it, a moment after the supporter's last message; says how many
    did.
    """
    waiting = Conversation.objects.open().filter(purpose=Purpose.PRACTICE, owed_by=Role.SEEKER)
    found = waiting.exclude(practice=None).select_related("protocol_version", "practice")
    due = [one for one in found if one.owed_since and one.owed_since + _moment(one) <= now]
    return sum(_answer(conversation.pk, now) for conversation in due)


def _moment(conversation: Conversation) -> timedelta:
    return timedelta(seconds=conversation.protocol.clocks.turn_delay)


@transaction.atomic
def _answer(conversation_id: uuid.UUID, now: datetime) -> bool:
    """The script's next message, after a remark where there is one to make; False where it is not due any more."""
    conversation = (
        Conversation.objects.open()
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("protocol_version")
        .filter(pk=conversation_id, owed_by=Role.SEEKER, owed_since__lte=now)
        .first()
    )
    if conversation is None or (conversation.owed_since or now) + _moment(conversation) > now:
        return False
    practice = load_content(conversation.protocol.training.content).practice
    chat = PracticeChat.objects.get(conversation=conversation)
    theirs = list(Utterance.objects.filter(conversation=conversation, role=Role.SUPPORTER).order_by("position"))
    _remark(chat, [said(one.strategy, one.text) for one in theirs], practice)
    script = practice.scripts[chat.script % len(practice.scripts)]
    chat.exchanges += 1
    Conversation.objects.filter(pk=conversation.pk).update(unrated=[])  # nobody rates a practice
    _say(conversation, _words(script, chat.exchanges, [one.strategy for one in theirs]), number=chat.exchanges)
    chat.save(update_fields=["exchanges", "remarks"])
    if chat.exchanges >= len(script.steps):
        finish_conversation(conversation_id=conversation.pk, ending=Ending.ENDED_BY_SEEKER, by=Role.SEEKER)
    return True


def _words(script: Script, exchange: int, strategies: Sequence[str]) -> str:
    """What the seeker says in this exchange (from 1). The words for a strategy fit its first use alone."""
    step: Step = script.steps[exchange - 1]
    newest = strategies[-1]
    return step.after.get(newest, step.says) if Counter(strategies)[newest] == 1 else step.says


def _remark(chat: PracticeChat, so_far: Sequence[Said], practice: Practice) -> None:
    key = remark_on(so_far, chat.remarks)
    if key is None:
        return
    chat.remarks = [*chat.remarks, key]
    text = practice.remarks[key]
    conversation_id = chat.conversation_id
    hints = Notice.objects.filter(conversation_id=conversation_id, kind=Notice.Kind.HINT, until=None)
    hints.update(until=timezone.now())  # the new one takes the place of an older one
    post_notice(conversation_id=conversation_id, kind=Notice.Kind.HINT, text=text, to=Role.SUPPORTER)


def _say(conversation: Conversation, text: str, *, number: int) -> None:
    client_id = uuid.uuid5(SAYS, f"{conversation.pk}/{number}")
    answer = post_utterances([Say(conversation.pk, Role.SEEKER, client_id, text)])[0]
    if not isinstance(answer, Posted):
        raise RuntimeError(f"the script of {conversation} could not say its message {number}: {answer!r}")
