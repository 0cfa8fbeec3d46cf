"""Leaving at once, from wherever somebody is in the chat: out of the conversation or the lobby, and finished, paid."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.db import transaction

from chat.endings import finish_conversation
from chat.models import Conversation
from chat.pairing import leave_lobby
from chat.queries import conversation_at
from esc.errors import Refusal
from esc.ontology import Ending
from esc.participants.journey import Page, next_page
from esc.participants.models import Sitting
from esc.participants.services import finish_sitting

NOT_YET_DONE = (Page.CHAT, Page.LEFT, Page.SURVEY_AFTER, Page.ANOTHER)  # the conversation, or what comes after it


@transaction.atomic
def leave_now(*, sitting: Sitting, conversation_id: UUID | None) -> Page:
    """The person is out, with a completion code, and their partner is told; comes back with the next page.

    `conversation_id` is the conversation whose page they left (None: the lobby's). If it ended in that moment they are
    out all the same; a page of an older conversation ends nothing, and neither does one whose owner has gone on to the
    next conversation in another tab.
    """
    page = next_page(sitting.facts)
    if page is Page.LOBBY and conversation_id is None:
        page = leave_lobby(sitting=sitting)  # whoever was paired in this moment leaves the conversation
    here = _conversation(sitting)
    if here is None or page not in NOT_YET_DONE or conversation_id not in (here.pk, None):
        return page
    if conversation_id is None and page is not Page.CHAT:
        return page
    with suppress(Refusal):  # it has just ended
        finish_conversation(conversation_id=here.pk, ending=Ending.LEFT_NOW, by=here.role_of(sitting.participant_id))
    return finish_sitting(sitting_id=sitting.pk, only_on=NOT_YET_DONE)


def _conversation(sitting: Sitting) -> Conversation | None:
    seat = sitting.current_seat
    return conversation_at(seat) if seat else None
