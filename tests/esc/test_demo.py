"""`manage.py demo`: what somebody who tries the platform out is given."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from esc.ontology import Role
from esc.studies.loading import default_protocol_text
from esc.studies.models import EntryLink, Study

pytestmark = pytest.mark.django_db


def demo(**options: str | bool) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("demo", stdout=out, **options)
    return out.getvalue()


def password_in(printed: str) -> str:
    found = re.search(r"the password (\S+)", printed)
    assert found
    return found[1]


def test_demo_study_is_open_under_the_default_protocol() -> None:
    demo()
    study = Study.objects.get(slug="demo")
    assert study.is_open
    assert study.version.text == default_protocol_text()


def test_links_lead_to_a_seeker_a_supporter_and_the_scripted_supporter() -> None:
    demo()
    links = EntryLink.objects.filter(study__slug="demo").order_by("pk")
    assert [(link.role, link.arm) for link in links] == [
        (Role.SEEKER, "people"),
        (Role.SUPPORTER, "people"),
        (Role.SEEKER, "scripted"),
    ]


def test_printed_links_begin_with_the_url_and_open() -> None:
    printed = demo(url="https://research.example.org:8443/")
    addresses = re.findall(r"https://research\.example\.org:8443(/\S*)", printed)
    assert len(addresses) == 4
    for path in addresses[:3]:
        assert Client().get(path).status_code == 302
    assert addresses[3] == "/admin/"
    assert "private window" in printed


def test_running_it_again_makes_nothing_new_and_prints_the_same_links() -> None:
    first, second = demo(), demo()
    assert Study.objects.count() == 1
    assert EntryLink.objects.count() == 3
    assert User.objects.count() == 1
    assert re.findall(r"http\S+", first) == re.findall(r"http\S+", second)


def test_researcher_enters_the_admin_with_the_printed_password() -> None:
    password = password_in(demo())
    researcher = authenticate(username="researcher", password=password)
    assert researcher is not None
    assert isinstance(researcher, User)
    assert researcher.is_superuser


def test_password_is_printed_once_and_stored_as_a_hash() -> None:
    password = password_in(demo())
    assert password not in demo()
    assert password not in User.objects.get(username="researcher").password


def test_database_is_brought_up_to_date_first_where_asked() -> None:
    assert "A demo study is ready" in demo(migrate=True)


def test_study_that_is_there_already_stays_as_it_is() -> None:
    Study.objects.create(slug="demo", draft="mine", state=Study.State.CLOSED)
    demo()
    study = Study.objects.get(slug="demo")
    assert (study.draft, study.state) == ("mine", Study.State.CLOSED)
