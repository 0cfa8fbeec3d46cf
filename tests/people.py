"""The three people of every test: Sam (seeker), Pat (supporter) and Mallory (outsider, whom every door must refuse)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.test import Client

from esc.ontology import Outcome, Role
from esc.participants import services
from esc.participants.doors import remember
from esc.participants.journey import AfterChat, Page, next_page
from esc.participants.models import Sitting
from esc.studies.models import Study


@dataclass
class Person:
    """One browser and the sitting it is in."""

    client: Client
    sitting_id: int

    @property
    def sitting(self) -> Sitting:
        return Sitting.objects.select_related("participant__study", "protocol_version").get(pk=self.sitting_id)

    @property
    def page(self) -> Page:
        return next_page(self.sitting.facts)

    @property
    def cookie(self) -> str:
        """The Cookie header of this browser."""
        return f"{settings.SESSION_COOKIE_NAME}={self.client.cookies[settings.SESSION_COOKIE_NAME].value}"


def join(study: Study, role: Role, *, until: Page = Page.LOBBY, arm: str = "people") -> Person:
    """A person of that role who has come as far as the page `until` (CONSENT, TRAINING, SURVEY_BEFORE or LOBBY)."""
    link = study.links.create(label=f"{role} for a test", role=role, arm=arm)
    sitting = services.arrive(link=link, person="", submission="", known=None)
    client = Client()
    session = client.session
    remember(session, study.slug, sitting.participant_id)
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key or ""
    person = Person(client=client, sitting_id=sitting.pk)
    while person.page is not until:
        _take_a_step(person)
    return person


def leave_chat(
    person: Person,
    outcome: Outcome = Outcome.COMPLETED,
    *,
    after: AfterChat = AfterChat.SURVEY,
    chatted: timedelta = timedelta(0),
) -> Page:
    """The person's conversation is over, for who has no partner in the test. The next page."""
    return services.leave_chat(sitting_id=person.sitting_id, outcome=outcome, after=after, chatted=chatted)


def _take_a_step(person: Person) -> None:
    match person.page:
        case Page.CONSENT:
            points = person.sitting.protocol.consent.points
            services.give_consent(sitting_id=person.sitting_id, points=points, country="")
        case Page.TRAINING:
            services.finish_training(sitting_id=person.sitting_id, passed=True)
        case Page.SURVEY_BEFORE:
            services.finish_step(sitting_id=person.sitting_id, step=Page.SURVEY_BEFORE)
        case page:
            raise AssertionError(f"nobody gets past {page} by themselves")
