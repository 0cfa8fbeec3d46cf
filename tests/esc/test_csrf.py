"""Forms of our own pages, which send no referrer, are taken; everybody else's are not."""

from __future__ import annotations

import pytest
from django.test import Client

from esc.ontology import Role
from esc.participants.journey import Page
from esc.studies.models import Study
from tests.people import Person, join

ADDRESS = "/study/demo/consent/"


@pytest.fixture
def sam(study: Study) -> Person:
    """A seeker on the consent page whose browser is checked as a real one is."""
    person = join(study, Role.SEEKER, until=Page.CONSENT)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = person.client.cookies
    strict.get(ADDRESS)
    person.client = strict
    return person


def send(person: Person, headers: dict[str, str], *, token: bool = True, secure: bool = False) -> int:
    """The status of a consent without any point: 409 where the form was taken, 403 where it was not."""
    data = {"csrfmiddlewaretoken": person.client.cookies["csrftoken"].value} if token else {}
    return person.client.post(ADDRESS, data, secure=secure, headers=headers).status_code


@pytest.mark.parametrize(
    ("origin", "site", "status"),
    [
        ("null", "same-origin", 409),
        ("null", "", 409),  # no TLS: the browser does not say
        ("null", "same-site", 403),
        ("null", "cross-site", 403),
        ("null", "none", 403),
        ("http://testserver", "same-origin", 409),
        ("http://elsewhere.example", "cross-site", 403),
    ],
)
def test_a_form_is_taken_from_our_own_pages_alone(sam: Person, origin: str, site: str, status: int) -> None:
    assert send(sam, {"Origin": origin} | ({"Sec-Fetch-Site": site} if site else {})) == status


@pytest.mark.parametrize("site", ["same-origin", ""])
def test_without_its_token_no_form_is_taken(sam: Person, site: str) -> None:
    assert send(sam, {"Origin": "null"} | ({"Sec-Fetch-Site": site} if site else {}), token=False) == 403


def test_over_tls_our_own_form_is_taken_without_a_referrer(sam: Person) -> None:
    assert send(sam, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}, secure=True) == 409
