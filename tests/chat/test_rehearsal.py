"""Pairs for a rehearsal: ready to chat in one command, kept apart from what is collected."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from chat.models import Conversation
from chat.pairing import start_conversation
from chat.rehearsal import make_pairs
from esc.ontology import Purpose, Role
from esc.studies.models import Study
from esc.studies.services import close_study
from tests.chat import talk
from tests.chat.sockets import question, saying, socket
from tests.people import join

db = database_sync_to_async


@pytest.fixture
def rehearsal(db: None) -> Study:
    call_command("create_study", "--slug", "rehearsal", "--rehearsal", "--open", stdout=StringIO())
    return Study.objects.get(slug="rehearsal")


def seats(study: str, pairs: int) -> list[dict[str, Any]]:
    """What the command prints."""
    out = StringIO()
    call_command("rehearsal_seats", "--study", study, "--pairs", str(pairs), stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def browser(cookie: str) -> Client:
    client = Client()
    name, _, value = cookie.partition("=")
    client.cookies[name] = value
    return client


def test_every_line_has_exactly_the_keys_that_other_tools_rely_on(rehearsal: Study) -> None:
    lines = seats("rehearsal", 3)
    assert len({line["conversation"] for line in lines}) == 3
    for line in lines:
        assert line.keys() == {"conversation", "ws", "seeker", "supporter"}
        assert line["ws"] == f"/ws/chat/{line['conversation']}/"
        assert line["seeker"].keys() == line["supporter"].keys() == {"cookie"}
        assert line["seeker"]["cookie"].startswith(f"{settings.SESSION_COOKIE_NAME}=")


@pytest.mark.django_db(transaction=True)
async def test_the_two_of_a_pair_can_talk_through_their_sockets(rehearsal: Study) -> None:
    (line,) = await db(seats)("rehearsal", 1)
    async with (
        socket(line["ws"], cookie=line["seeker"]["cookie"]) as seeker,
        socket(line["ws"], cookie=line["supporter"]["cookie"]) as supporter,
    ):
        await supporter.until("welcome")  # what is said before it stands in it
        await seeker.ask(saying("Hello"), "ack")
        assert (await supporter.until("utterance"))["text"] == "Hello"
        await supporter.ask(question("How are you?"), "ack")
        assert (await seeker.until("utterance"))["position"] == 2


def test_they_stand_on_the_chat_page_and_go_on_to_the_survey_after_it(rehearsal: Study) -> None:
    (line,) = seats("rehearsal", 1)
    conversation = Conversation.objects.get(pk=line["conversation"])
    for role in Role:
        client = browser(line[role]["cookie"])
        assert client.get(f"/study/rehearsal/chat/{conversation.pk}/").status_code == 200
    talk.talk(conversation, 8)
    talk.end(conversation)
    for role in Role:
        page = browser(line[role]["cookie"]).get("/study/rehearsal/", follow=True)
        assert page.status_code == 200
        assert page.request["PATH_INFO"] == "/study/rehearsal/survey/after/"


def test_a_thousand_pairs_are_made_in_bulk(
    rehearsal: Study, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(120):  # 500 rows an INSERT; fewer on SQLite, which binds so many values
        assert len(make_pairs(slug="rehearsal", pairs=1000)) == 1000


def test_conversations_of_a_rehearsal_are_for_rehearsing_alone(rehearsal: Study) -> None:
    seats("rehearsal", 1)
    sam, pat = join(rehearsal, Role.SEEKER), join(rehearsal, Role.SUPPORTER)
    start_conversation(seeker=talk.seat_of(sam), supporter=talk.seat_of(pat))
    assert set(Conversation.objects.values_list("purpose", flat=True)) == {Purpose.REHEARSE}
    assert not Conversation.objects.collected().exists()


def test_a_study_that_collects_is_refused(study: Study) -> None:
    with pytest.raises(CommandError, match="'demo' collects data"):
        seats("demo", 1)
    assert not Conversation.objects.exists()


@pytest.mark.django_db
def test_an_unknown_study_is_refused_by_name() -> None:
    with pytest.raises(CommandError, match="no study with the short name 'absent'"):
        seats("absent", 1)


@pytest.mark.django_db
def test_a_rehearsal_that_never_opened_is_refused() -> None:
    call_command("create_study", "--slug", "draft", "--rehearsal", stdout=StringIO())
    with pytest.raises(CommandError, match="never been open"):
        seats("draft", 1)


def test_a_closed_rehearsal_still_has_seats(rehearsal: Study) -> None:
    close_study(study_id=rehearsal.pk)
    assert len(seats("rehearsal", 1)) == 1


def test_fewer_than_one_pair_is_refused(rehearsal: Study) -> None:
    with pytest.raises(CommandError, match="expected a number from 1, found 0"):
        seats("rehearsal", 0)
