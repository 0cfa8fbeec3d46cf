"""Who may open a socket: the person whose browser it is, from a page of this site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlparse
from uuid import UUID

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from chat.clocks import Silence
from chat.limits import messages_per_minute
from chat.queries import conversation_of
from esc.ontology import Role
from esc.participants.doors import who
from esc.participants.journey import Page, next_page
from esc.participants.models import Sitting

Scope = Mapping[str, Any]


@dataclass(frozen=True)
class Admitted:
    """A person's place in a conversation, and what an open socket needs to know of it: no row is kept for hours."""

    conversation_id: UUID
    role: Role
    seat_id: int
    agent: str  # the agent's name in the supporter's seat, "" where a person sits there
    turn_delay: int  # seconds
    silence: Silence
    messages_per_minute: int


def from_this_site(scope: Scope) -> bool:
    """Whether the socket's Origin is one of this site's hosts. A missing Origin is a wrong one."""
    origins = [value.decode("latin1") for name, value in scope["headers"] if name == b"origin"]
    if len(origins) != 1:
        return False
    host, _port = split_domain_port(urlparse(origins[0]).netloc)
    return bool(host) and validate_host(host, settings.ALLOWED_HOSTS)


def admit(scope: Scope, conversation_id: UUID) -> Admitted | None:
    """The person's place in that conversation; None for a foreign page, an anonymous socket and an outsider."""
    if not from_this_site(scope) or (conversation := conversation_of(conversation_id)) is None:
        return None
    participant_id = who(scope["session"], conversation.study.slug)
    role = conversation.role_of(participant_id) if participant_id else None
    if role is None:
        return None
    protocol = conversation.protocol
    return Admitted(
        conversation_id=conversation.pk,
        role=role,
        seat_id=conversation.seat(role).pk,
        agent=conversation.agent,
        turn_delay=protocol.clocks.turn_delay,
        silence=Silence(protocol.clocks.first_message, protocol.clocks.silence_nudge, protocol.clocks.silence_end),
        messages_per_minute=messages_per_minute(conversation.purpose, protocol.chat.messages_per_minute),
    )


def admit_to_lobby(scope: Scope, slug: str) -> Sitting | None:
    """The sitting of whoever belongs in this study's lobby, or has just been paired there; None for anyone else."""
    participant_id = who(scope["session"], slug) if from_this_site(scope) else None
    if participant_id is None:
        return None
    sitting = (
        Sitting.objects.select_related("participant__study", "protocol_version")
        .filter(participant_id=participant_id, participant__study__slug=slug)
        .order_by("-id")
        .first()
    )
    return sitting if sitting and next_page(sitting.facts) in (Page.LOBBY, Page.CHAT) else None
