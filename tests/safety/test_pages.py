"""What is shown where: notices reach the right sockets alone, and a seeker's answers never show at the supporter's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from channels.db import database_sync_to_async

from chat.models import Conversation
from esc.ontology import Role
from esc.participants.journey import Page
from esc.safety.models import Alert
from esc.studies.models import Study
from tests.chat.sockets import question, saying, tab
from tests.chat.talk import paired
from tests.people import Person, join
from tests.surveys.chats import BEFORE

pytestmark = pytest.mark.django_db(transaction=True)
db = database_sync_to_async
GRAVE = "I want to die"
PANEL = "You are not alone with this"
BEFORE_URL = "/study/demo/survey/before/"


async def test_help_reaches_the_seeker_alone_and_guidance_the_supporter_alone(
    sam: Person, pat: Person, conversation: Conversation
) -> None:
    async with tab(sam, conversation) as seeker, tab(pat, conversation) as supporter:
        await seeker.send(saying(GRAVE))
        crisis = await seeker.until("notice")
        guidance = await supporter.until("notice")
        assert (crisis["kind"], guidance["kind"]) == ("crisis", "guidance")
        assert "findahelpline" in crisis["text"]
        assert [frame["type"] for frame in supporter.frames[1:]].count("utterance") == 1, "the message goes through"
        assert await seeker.is_quiet()
        assert await supporter.is_quiet()
        assert [frame["kind"] for frame in seeker.frames if frame["type"] == "notice"] == ["crisis"]


async def test_a_supporter_in_danger_is_shown_help_and_the_seeker_nothing(
    sam: Person, pat: Person, conversation: Conversation
) -> None:
    async with tab(sam, conversation) as seeker, tab(pat, conversation) as supporter:
        await supporter.send(question(GRAVE))
        assert (await supporter.until("notice"))["kind"] == "crisis"
        await seeker.until("utterance")
        assert await seeker.is_quiet()


async def test_who_comes_back_finds_the_notice_again(sam: Person, pat: Person, conversation: Conversation) -> None:
    async with tab(sam, conversation) as seeker:
        await seeker.send(saying(GRAVE))
        await seeker.until("notice")
    async with tab(sam, conversation) as again:
        assert [notice["kind"] for notice in again.frames[0]["notices"]] == ["crisis"]
    async with tab(pat, conversation) as supporter:
        assert [notice["kind"] for notice in supporter.frames[0]["notices"]] == ["guidance"]


async def test_a_message_sent_again_is_one_hit(sam: Person, pat: Person, conversation: Conversation) -> None:
    frame = saying(GRAVE)
    async with tab(sam, conversation) as seeker:
        await seeker.ask(frame, "ack")
        await seeker.ask(frame, "ack")
    assert (await Alert.objects.aget()).count == 1


async def test_danger_in_the_survey_never_reaches_the_supporter(study: Study, pat: Person) -> None:
    sam = await db(join)(study, Role.SEEKER, until=Page.SURVEY_BEFORE)
    sent = {**BEFORE, "situation": f"{GRAVE}, and the lighthouse is dark.", "for-seat": await db(seat_id)(sam)}
    assert (await db(sam.client.post)(BEFORE_URL, sent)).status_code == 302
    conversation = await db(paired)(sam, pat)
    async with tab(sam, conversation) as seeker, tab(pat, conversation) as supporter:
        await seeker.ask(saying("Hello"), "ack")
        await supporter.until("utterance")
        assert await supporter.is_quiet()
        assert {frame["type"] for frame in supporter.frames} <= {"welcome", "utterance", "presence"}
        assert supporter.frames[0]["notices"] == []
        heard = json.dumps(supporter.frames)
    page = await db(pat.client.get)(f"/study/demo/chat/{conversation.pk}/")
    text = page.content.decode()
    assert page.status_code == 200
    for secret in ("lighthouse", PANEL, "findahelpline"):
        assert secret not in heard + text
    own = await db(sam.client.get)(f"/study/demo/chat/{conversation.pk}/")
    assert PANEL in own.content.decode(), "a chat that begins at once must not take the resources away"


def seat_id(person: Person) -> int:
    seat = person.sitting.current_seat
    assert seat is not None
    return seat.pk


# --- Surveys


@pytest.fixture
def seeker(study: Study) -> Iterator[Person]:
    return join(study, Role.SEEKER, until=Page.SURVEY_BEFORE)  # type: ignore[return-value]


def shows_panel(page: Any) -> bool:
    """Whether the panel is there and seen (a form has it unseen, for its script to show)."""
    text = " ".join(page.content.decode().split())
    return PANEL in text and "data-danger-panel >" in text.replace("data-danger-panel>", "data-danger-panel >")


def test_the_page_after_a_grave_answer_shows_help_and_the_way_goes_on(seeker: Person) -> None:
    sent = {**BEFORE, "situation": "Since then I feel that I want to die.", "for-seat": seat_id(seeker)}
    lobby = seeker.client.post(BEFORE_URL, sent, follow=True)
    assert lobby.redirect_chain[-1][0] == "/study/demo/lobby/"
    assert shows_panel(lobby)
    assert shows_panel(seeker.client.get("/study/demo/lobby/")), "a reload keeps it"


def test_the_panel_promises_to_go_on_only_where_one_can(seeker: Person) -> None:
    sent = {**BEFORE, "situation": "Since then I feel that I want to die.", "for-seat": seat_id(seeker)}
    going_on = "You can go on here whenever you like."
    assert going_on in seeker.client.post(BEFORE_URL, sent, follow=True).content.decode()
    end = seeker.client.post("/study/demo/lobby/leave/", follow=True)
    assert end.redirect_chain[-1][0] == "/study/demo/finish/"
    assert shows_panel(end)
    assert going_on not in end.content.decode()


def test_an_ordinary_answer_shows_no_panel(seeker: Person) -> None:
    sent = {**BEFORE, "for-seat": seat_id(seeker)}
    assert not shows_panel(seeker.client.post(BEFORE_URL, sent, follow=True))


def test_a_form_with_faults_shows_help_and_keeps_what_was_written(seeker: Person) -> None:
    page = seeker.client.post(BEFORE_URL, {"situation": GRAVE, "for-seat": seat_id(seeker)})
    assert page.status_code == 422
    assert shows_panel(page)
    assert GRAVE in page.content.decode()


def test_the_form_has_the_panel_unseen_until_a_draft_speaks_of_danger(seeker: Person) -> None:
    page = seeker.client.get(BEFORE_URL)
    assert "data-danger-panel" in page.content.decode()
    assert "researchers of this study are told" not in page.content.decode(), "nobody is told of a draft"
    assert not shows_panel(page)
    saved = seeker.client.post(
        "/study/demo/survey/seeker_before/draft/",
        json.dumps({"seat": seat_id(seeker), "answers": {"situation": GRAVE}}),
        content_type="application/json",
    )
    assert saved.json() == {"saved": True, "danger": True}


def test_nobody_else_sees_somebodys_panel(seeker: Person, mallory: Person) -> None:
    sent = {**BEFORE, "situation": "Since then I feel that I want to die.", "for-seat": seat_id(seeker)}
    seeker.client.post(BEFORE_URL, sent)
    assert not shows_panel(mallory.client.get("/study/demo/lobby/"))
