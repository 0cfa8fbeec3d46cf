"""Danger to life in messages: heard in the transaction that commits them, so that no kill loses it (DESIGN §5).

Almost every message costs a few microseconds here and no query. Only what is heard costs rows.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction

from chat.events import NoticePosted
from chat.models import Conversation, Notice
from chat.queries import WITH_SEATS
from chat.rules import Say, Standing, Told
from esc.ontology import Role
from esc.safety.models import Alert
from esc.safety.screening import Found, screen
from esc.safety.services import raise_alert

log = logging.getLogger(__name__)


def may_be_heard(standing: Standing) -> bool:
    """Whether this batch's messages need `watch`. A fault in here says so, too: there it is logged."""
    try:
        return any(screen(say.text, standing.protocol.danger) for say, _ in standing.said)
    except Exception:
        return True


def watch(standing: Standing, now: datetime) -> None:
    """Whatever this batch's messages say of danger is an alert, and the notices that follow are told with them.

    A fault in here is logged and costs nobody their message.
    """
    for say, position in standing.said:
        try:
            if found := screen(say.text, standing.protocol.danger):
                with transaction.atomic():
                    notices = _heard(standing, say, position, found, now)
                standing.told += [Told(notice, say) for notice in notices]
        except (OperationalError, InterfaceError):
            raise  # the database is gone: the writer waits for it and commits all of this again
        except Exception:
            log.exception("Danger in %s #%s was not made an alert.", standing.id, position)


def _heard(standing: Standing, say: Say, position: int, found: Found, now: datetime) -> list[NoticePosted]:
    """The alert, and what both people are told now: nothing where they were told a short while ago."""
    conversation = Conversation.objects.select_related(*WITH_SEATS).get(pk=standing.id)
    raise_alert(
        study_id=conversation.study_id,
        kind=Alert.Kind.DANGER,
        source=Alert.Source.MESSAGE,
        level=found.level,
        role=say.role,
        now=now,
        participant_id=conversation.participant_at(say.role),
        conversation_id=standing.id,
        position=position,
        found=found,
        list_version=standing.protocol.danger.version,
    )
    return [
        _told(notice)
        for kind, role in _who_is_told(say.role, found)
        if (notice := _post(conversation, kind, role, now)) is not None
    ]


def _who_is_told(author: Role, found: Found) -> Iterator[tuple[Notice.Kind, Role]]:
    """The author sees where help is, and so does whoever it was said to; a supporter reads how to respond."""
    yield Notice.Kind.CRISIS, author
    if found.to_partner:
        yield Notice.Kind.CRISIS, author.other
    if author is Role.SEEKER:
        yield Notice.Kind.GUIDANCE, Role.SUPPORTER


def _post(conversation: Conversation, kind: Notice.Kind, role: Role, now: datetime) -> Notice | None:
    """The new notice; None for a program, and where that person was shown the same a short while ago."""
    sitting = conversation.seat(role).sitting
    person = sitting.participant if sitting else conversation.practised_by
    if person is None or conversation.participant_at(role) is None:
        return None
    protocol = conversation.protocol
    shown = Notice.objects.filter(conversation=conversation, kind=kind, role=role)
    if shown.filter(created_at__gt=now - timedelta(seconds=protocol.danger.again_after)).exists():
        return None
    shown.update(until=now)  # the new one takes the place of an older one
    resources = protocol.crisis.resources(person.country)
    text = protocol.danger.guidance
    if kind is Notice.Kind.CRISIS:
        # Where help is comes first: on a phone the words alone would fill the notice.
        text = "\n".join([*(resource.line for resource in resources), protocol.danger.notice, protocol.danger.told])
    return Notice.objects.create(conversation=conversation, kind=kind, role=role, text=text)


def _told(notice: Notice) -> NoticePosted:
    return NoticePosted(id=notice.pk, kind=notice.kind, text=notice.text, until=None, to=Role(notice.role))
