"""Pairs that are ready to chat at once, for whoever tries out how much the chat can take. Only rehearsals have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from chat.models import Conversation
from esc.errors import Refusal
from esc.ontology import Role
from esc.participants.doors import PEOPLE
from esc.participants.journey import Training
from esc.participants.models import Consent, Participant, Seat, Sitting
from esc.studies.models import ProtocolVersion, Study
from esc.studies.schema import Protocol

IN_A_ROW = 500  # rows to an INSERT


@dataclass(frozen=True)
class Pair:
    """Two people in an open conversation: where its socket is, and the Cookie header of each browser."""

    conversation_id: UUID
    cookies: dict[Role, str]

    def as_json(self) -> dict[str, object]:
        sides = {role.value: {"cookie": self.cookies[role]} for role in Role}
        return {"conversation": str(self.conversation_id), "ws": f"/ws/chat/{self.conversation_id}/", **sides}


@transaction.atomic
def make_pairs(*, slug: str, pairs: int) -> list[Pair]:
    """So many new pairs of people are in the chat, in conversations that are open and have no clocks.

    They consented, were trained and waited, but answered no survey. Refuses a study that does not exist
    (`no_such_study`), is not marked a rehearsal (`no_rehearsal`) or never opened (`not_open`), and one in which nobody
    talks to a person (`no_such_arm`).
    """
    study, now = rehearsal_study(slug), timezone.now()
    version = study.version
    arm = _arm(version.protocol)
    seats = {role: _seated(version, arm, role, pairs, now) for role in Role}
    conversations = [
        Conversation(
            study=study,
            protocol_version=version,
            purpose=study.purpose,
            arm=arm,
            seeker=seeker,
            supporter=supporter,
            started_at=now,
        )
        for seeker, supporter in zip(seats[Role.SEEKER], seats[Role.SUPPORTER], strict=True)
    ]
    Conversation.objects.bulk_create(conversations, IN_A_ROW)
    cookies = {role: _cookies(study, seats[role], now) for role in Role}
    return [
        Pair(conversation.pk, {role: cookies[role][place] for role in Role})
        for place, conversation in enumerate(conversations)
    ]


def rehearsal_study(slug: str) -> Study:
    """The study of that name. Refuses (`no_such_study`, `no_rehearsal`, `not_open`) one that people cannot try out."""
    study = Study.objects.filter(slug=slug).first()
    if study is None:
        raise Refusal("no_such_study", f"There is no study with the short name {slug!r}.")
    if not study.is_rehearsal:
        raise Refusal("no_rehearsal", f"The study {slug!r} collects data. Only a study marked a rehearsal is for this.")
    if not study.versions.exists():
        raise Refusal("not_open", f"The study {slug!r} has never been open. Open it first.")
    return study


def _arm(protocol: Protocol) -> str:
    """The first arm in which people talk to people."""
    for arm in protocol.arms:
        if arm.supporter == "person":
            return arm.name
    raise Refusal("no_such_arm", "In this study nobody talks to a person: it has no such arm.")


def _seated(version: ProtocolVersion, arm: str, role: Role, number: int, now: datetime) -> Sequence[Seat]:
    """So many people of that role, each in a seat that is paired."""
    is_seeker = role is Role.SEEKER
    training = "" if is_seeker else Training.PASSED
    people = [Participant(study=version.study, training=training) for _ in range(number)]
    consent, panel = version.protocol.consent, version.protocol.panels[0].name
    agreed = {"protocol_version": version, "version": consent.version, "points": sorted(consent.points)}
    sittings = [
        Sitting(participant=person, protocol_version=version, panel=panel, role=role, arm=arm) for person in people
    ]
    seats = [
        Seat(sitting=sitting, role=role, survey_before_at=now if is_seeker else None, paired_at=now)
        for sitting in sittings
    ]
    Participant.objects.bulk_create(people, IN_A_ROW)
    Consent.objects.bulk_create([Consent(participant=person, **agreed) for person in people], IN_A_ROW)
    Sitting.objects.bulk_create(sittings, IN_A_ROW)
    return Seat.objects.bulk_create(seats, IN_A_ROW)


def _cookies(study: Study, seats: Sequence[Seat], now: datetime) -> list[str]:
    """A browser's session for the person at each of these seats; its Cookie header."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    ends = now + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    sessions = [
        Session(
            session_key=get_random_string(32, VALID_KEY_CHARS),
            session_data=store.encode({PEOPLE: {study.slug: str(seat.participant_id)}}),
            expire_date=ends,
        )
        for seat in seats
    ]
    Session.objects.bulk_create(sessions, IN_A_ROW)
    return [f"{settings.SESSION_COOKIE_NAME}={session.session_key}" for session in sessions]
