"""What is done in a conversation by people and agents, outside the sockets' writer: at once, and told on commit.

The rules are `chat.rules`; the writer commits the same actions in larger batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db import transaction

from chat.batch import commit
from chat.events import NoticePosted
from chat.models import Feedback, Notice
from chat.publish import publish_on_commit
from chat.rules import Answer, Posted, Rate, Say
from esc.errors import Refusal
from esc.ontology import Role

__all__ = ["Posted", "Say", "give_feedback", "post_notice", "post_utterances", "told"]


@transaction.atomic
def post_utterances(says: Sequence[Say]) -> list[Answer]:
    """For each say, in order: where it now stands, or why it was refused. One refusal never harms its neighbours.

    What is posted has gapless positions, is told on commit and, where an agent sits opposite, awaits its turn. A
    `client_id` that is known gives its first answer again, even after the end.
    """
    committed = commit(says)
    for conversation_id, told_there in groupby(committed.told, key=lambda told: told.conversation_id):
        publish_on_commit(conversation_id, [told.event for told in told_there])
    return committed.answers


@transaction.atomic
def give_feedback(*, conversation_id: UUID, role: Role, through: int, score: int, after_end: bool = False) -> Feedback:
    """The score rates all unrated supporter utterances up to `through`; the first score stands.

    `after_end`: a rating that was due when the conversation ended is given in the survey after it. Refuses whoever is
    not the seeker (`not_yours`), an ended conversation (`ended`), a `through` that is no supporter's utterance or is
    rated already (`bad_feedback`), and a rating before one is due (`not_due`).
    """
    committed = commit([Rate(conversation_id, role, through, score, after_end)])
    (answer,) = committed.answers
    if isinstance(answer, Refusal):
        raise answer
    publish_on_commit(conversation_id, [told.event for told in committed.told])
    return Feedback.objects.get(conversation_id=conversation_id, through=through)


@transaction.atomic
def post_notice(
    *, conversation_id: UUID, kind: Notice.Kind, text: str, to: Role | None = None, until: datetime | None = None
) -> Notice:
    """The platform or a researcher says something beside the conversation, to one side or (`to` None) to both."""
    notice = Notice.objects.create(conversation_id=conversation_id, kind=kind, text=text, role=to or "", until=until)
    publish_on_commit(conversation_id, [told(notice)])
    return notice


def told(notice: Notice) -> NoticePosted:
    """The event that shows this notice."""
    to = Role(notice.role) if notice.role else None
    return NoticePosted(id=notice.pk, kind=notice.kind, text=notice.text, until=notice.until, to=to)
