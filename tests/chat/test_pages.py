"""The lobby's and the conversation's pages, and who may see them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from chat.models import Conversation
from chat.pairing import enter_lobby
from esc.ontology import Role
from esc.participants.journey import Page
from esc.studies.models import Study
from tests.chat.talk import end, paired, talk
from tests.people import Person, join


@pytest.fixture
def conversation(sam: Person, pat: Person) -> Conversation:
    return paired(sam, pat)


def url(conversation: Conversation) -> str:
    return f"/study/demo/chat/{conversation.pk}/"


def test_the_lobby_is_shown_to_who_waits(sam: Person) -> None:
    page = sam.client.get("/study/demo/lobby/")
    assert page.status_code == 200
    assert 'data-socket="/ws/lobby/demo/"' in page.content.decode()


def test_the_lobby_leads_to_the_chat_once_paired(sam: Person, conversation: Conversation) -> None:
    assert sam.client.get("/study/demo/lobby/", follow=True).redirect_chain[-1][0] == url(conversation)


def test_stopping_to_wait_leads_to_the_end(sam: Person) -> None:
    assert sam.client.post("/study/demo/lobby/leave/").headers["Location"] == "/study/demo/finish/"
    assert sam.client.get("/study/demo/lobby/leave/").status_code == 405


def test_people_are_told_early_how_long_a_whole_conversation_is(sam: Person, pat: Person, study: Study) -> None:
    told = "A whole conversation has at least 16 messages from the two of you together."
    assert told in sam.client.get("/study/demo/lobby/").content.decode()
    conversation = paired(sam, pat)
    for person in (sam, pat):
        assert told in person.client.get(url(conversation)).content.decode()


def test_both_people_see_their_own_side(sam: Person, pat: Person, conversation: Conversation) -> None:
    seeker = sam.client.get(url(conversation)).content.decode()
    supporter = pat.client.get(url(conversation)).content.decode()
    assert "data-rating" in seeker
    assert "data-picker" not in seeker
    assert "data-picker" in supporter
    assert "data-rating" not in supporter


def test_the_page_says_that_the_partner_is_a_program(study: Study) -> None:
    sam = join(study, Role.SEEKER, arm="scripted")
    enter_lobby(sitting=sam.sitting)
    page = sam.client.get("/study/demo/chat/", follow=True).content.decode()
    assert "You are talking to a computer program" in page


def test_an_outsider_is_refused(mallory: Person, conversation: Conversation) -> None:
    page = mallory.client.get(url(conversation))
    assert page.status_code == 403
    assert "two other people" in page.content.decode()
    assert Client().get(url(conversation)).status_code == 403


def test_a_conversation_that_does_not_exist_is_refused(sam: Person) -> None:
    assert sam.client.get(f"/study/demo/chat/{uuid4()}/").status_code == 403


def test_after_the_end_the_page_leads_on(sam: Person, conversation: Conversation) -> None:
    talk(conversation, 8)
    end(conversation)
    assert sam.client.get(url(conversation)).headers["Location"] == "/study/demo/survey/after/"
    assert sam.page is Page.SURVEY_AFTER
