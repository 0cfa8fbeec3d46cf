"""Who a browser is, and which page it may see."""

from __future__ import annotations

from http import HTTPStatus
from uuid import uuid4

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from esc.participants import services
from esc.participants.doors import remember, who
from esc.participants.journey import Page
from esc.studies.models import Study
from tests.people import Person, leave_chat


def test_browser_is_one_person_in_each_study() -> None:
    session, here, there = SessionStore(), uuid4(), uuid4()
    remember(session, "here", here)
    remember(session, "there", there)
    assert (who(session, "here"), who(session, "there"), who(session, "elsewhere")) == (here, there, None)


def test_person_who_no_longer_exists_is_nobody(sam: Person) -> None:
    session = sam.client.session
    remember(session, "demo", uuid4())
    session.save()
    assert sam.client.get("/study/demo/").status_code == HTTPStatus.FORBIDDEN


def test_here_leads_to_the_page_of_the_journey_at_every_step(sam: Person) -> None:
    expected = {Page.LOBBY: "lobby", Page.CHAT: "chat", Page.SURVEY_AFTER: "survey/after", Page.ANOTHER: "another"}
    for page, path in expected.items():
        assert sam.page is page
        assert sam.client.get("/study/demo/").headers["Location"] == f"/study/demo/{path}/"
        if page is Page.CHAT:
            leave_chat(sam)
        elif page is not Page.ANOTHER:
            services.finish_step(sitting_id=sam.sitting_id, step=page)


def test_cookie_of_one_person_never_opens_anothers_way(sam: Person, mallory: Person) -> None:
    services.finish_step(sitting_id=sam.sitting_id, step=Page.LOBBY)
    assert sam.client.get("/study/demo/").headers["Location"] == "/study/demo/chat/"
    assert mallory.client.get("/study/demo/").headers["Location"] == "/study/demo/lobby/"


@pytest.mark.parametrize("path", ["/join/%00/", "/join/a%20b/", "/study/%00/", "/join/nobody-knows/"])
def test_address_that_cannot_be_is_not_found(study: Study, path: str) -> None:
    assert Client().get(path).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("person", ["%00", "{{%PROLIFIC_PID%}}", "x" * 201, "", "%20", "%ff%fe", "5f1%C3"])
def test_id_that_cannot_be_a_persons_is_refused_kindly(study: Study, person: str) -> None:
    link = study.links.create(label="Prolific", panel="prolific")
    response = Client().get(f"{link.get_absolute_url()}?PROLIFIC_PID={person}")
    assert response.status_code == HTTPStatus.CONFLICT
    assert "did not tell us who you are" in response.content.decode()
    assert not study.participants.exists()


def test_redirect_to_the_current_page_takes_few_queries(sam: Person) -> None:
    with CaptureQueriesContext(connection) as queries:
        sam.client.get("/study/demo/")
    assert len(queries) <= 4  # session, sitting, consent, seat
