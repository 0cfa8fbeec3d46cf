"""Who may open a socket: the person whose browser it is, from a page of this site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import parse_cookie
from django.http.request import split_domain_port, validate_host

from chat.limits import messages_per_minute
from chat.models import Conversation
from esc.ontology import Role
from esc.participants.doors import who
from esc.participants.journey import Page, next_page
from esc.participants.models import Sitting
from esc.studies.frozen import frozen
from esc.studies.schema import Protocol

DEFAULT_PORTS = {"http": 80, "https": 443}
Scope = Mapping[str, Any]
SessionStore: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore


@dataclass(frozen=True, slots=True)
class Admitted:
    """A person's place in a conversation, and what an open socket needs to know of it: no row is kept for hours."""

    conversation_id: UUID
    role: Role
    seat_id: int
    partner_seat_id: int
    agent: str  # the name of the program opposite, "" where a person sits there
    protocol: Protocol
    messages_per_minute: int


def from_this_site(scope: Scope) -> bool:
    """Whether the socket's Origin is this site: one of its hosts, at the port that the socket was opened to.

    Another port of the same host is another program's page. Where a proxy hides the port, CSRF_TRUSTED_ORIGINS names
    the site's origin, as it does for forms. A missing Origin is a wrong one.
    """
    origin, host = (_header(scope, name) for name in (b"origin", b"host"))
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        asked, reached = urlsplit(origin), urlsplit(f"//{host}")
        default = DEFAULT_PORTS[asked.scheme]
        same_port = (asked.port or default) == (reached.port or default)
    except (KeyError, ValueError):  # "null", "http://[", "http://host:port"
        return False
    name, _port = split_domain_port(asked.netloc)
    return bool(name) and validate_host(name, settings.ALLOWED_HOSTS) and same_port


def _header(scope: Scope, wanted: bytes) -> str:
    """That header's value; "" where it is missing or there more than once."""
    values = [value.decode("latin1") for name, value in scope["headers"] if name == wanted]
    return values[0] if len(values) == 1 else ""


def session_of(scope: Scope) -> SessionBase:
    """The session of the socket's cookie, read but never written: an empty one for no cookie or a forged one."""
    cookies = next((value.decode("latin1") for name, value in scope["headers"] if name == b"cookie"), "")
    return SessionStore(parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME))


def admit(scope: Scope, conversation_id: UUID) -> Admitted | None:
    """The person's place in that conversation; None for a foreign page, an anonymous socket and an outsider."""
    if not from_this_site(scope):
        return None
    columns = ("study__slug", "protocol_version_id", "purpose", "practised_by_id", "seeker__agent", "supporter__agent")
    seats = [f"{role}{column}" for role in Role for column in ("_id", "__sitting__participant_id")]
    row = Conversation.objects.filter(pk=conversation_id).values_list(*columns, *seats).first()
    if row is None:
        return None
    slug, version_id, purpose, practised_by, script, agent, seeker_seat, seeker, supporter_seat, supporter = row
    supporter = supporter or practised_by
    participant_id = who(session_of(scope), slug)
    if participant_id is None or participant_id not in (seeker, supporter):
        return None
    is_seeker = participant_id == seeker
    protocol = frozen(version_id).protocol
    return Admitted(
        conversation_id=conversation_id,
        role=Role.SEEKER if is_seeker else Role.SUPPORTER,
        seat_id=seeker_seat if is_seeker else supporter_seat,
        partner_seat_id=supporter_seat if is_seeker else seeker_seat,
        agent=agent or script,
        protocol=protocol,
        messages_per_minute=messages_per_minute(purpose, protocol.chat.messages_per_minute),
    )


def admit_to_lobby(scope: Scope, slug: str) -> Sitting | None:
    """The sitting of whoever belongs in this study's lobby, or has just been paired there; None for anyone else."""
    participant_id = who(session_of(scope), slug) if from_this_site(scope) else None
    if participant_id is None:
        return None
    sitting = (
        Sitting.objects.select_related("participant__study", "protocol_version")
        .filter(participant_id=participant_id, participant__study__slug=slug)
        .order_by("-id")
        .first()
    )
    return sitting if sitting and next_page(sitting.facts) in (Page.LOBBY, Page.CHAT) else None
