"""Leave now: from every page of the chat, at once, without JavaScript, to where help is and to the completion code."""

from __future__ import annotations

import pytest

from chat.endings import finish_conversation
from chat.models import Conversation, Waiting
from chat.pairing import enter_lobby, start_conversation
from esc.ontology import Ending, Outcome, Role
from esc.participants.journey import Page
from esc.participants.models import Seat
from esc.studies.models import Study
from tests.chat.sockets import tab
from tests.chat.talk import paired, say, seat_of
from tests.people import Person, join

URL = "/study/demo/leave-now/"
LEFT = "/study/demo/left-now/"


def leave(person: Person, conversation: Conversation | None = None) -> str:
    """Press the button; where it leads."""
    sent = {"conversation": str(conversation.pk)} if conversation else {}
    response = person.client.post(URL, sent)
    assert response.status_code == 302
    return str(response.headers["Location"])


pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", Role)
def test_either_person_leaves_at_once_and_is_finished(
    sam: Person, pat: Person, conversation: Conversation, role: Role
) -> None:
    leaver, other = (sam, pat) if role is Role.SEEKER else (pat, sam)
    say(conversation, Role.SEEKER, "Hello")
    assert leave(leaver, conversation) == LEFT
    conversation.refresh_from_db()
    assert conversation.ending == Ending.LEFT_NOW
    assert (seat_of(leaver).outcome, leaver.sitting.outcome) == (Outcome.LEFT_EARLY, Outcome.LEFT_EARLY)
    assert leaver.page is Page.FINISH
    assert seat_of(other).outcome == Outcome.PARTNER_LEFT
    assert other.page is not Page.FINISH


def test_the_page_after_it_shows_help_first_and_then_leads_to_the_code(sam: Person, conversation: Conversation) -> None:
    leave(sam, conversation)
    page = sam.client.get(LEFT).content.decode()
    help_at, finish_at = page.index("findahelpline"), page.index("/study/demo/finish/")
    assert help_at < finish_at
    assert "ESC-LEFT-EARLY" in sam.client.get("/study/demo/finish/").content.decode()


def test_leaving_twice_changes_nothing(sam: Person, conversation: Conversation) -> None:
    assert leave(sam, conversation) == leave(sam, conversation) == LEFT


def test_whoever_leaves_in_the_moment_of_the_end_is_out_all_the_same(sam: Person, conversation: Conversation) -> None:
    say(conversation, Role.SEEKER, "Hello")
    finish_conversation(conversation_id=conversation.pk, ending=Ending.LEFT_NOW, by=Role.SUPPORTER)
    assert leave(sam, conversation) == LEFT
    assert seat_of(sam).outcome == Outcome.PARTNER_LEFT, "their own outcome stays"


def test_who_waits_leaves_the_lobby(sam: Person) -> None:
    enter_lobby(sitting=sam.sitting)
    assert leave(sam) == LEFT
    assert sam.sitting.outcome == Outcome.NO_PARTNER
    assert not Waiting.objects.exists()


def test_whoever_was_paired_in_that_moment_leaves_the_conversation(sam: Person, conversation: Conversation) -> None:
    assert leave(sam) == LEFT
    conversation.refresh_from_db()
    assert conversation.ending == Ending.LEFT_NOW


def test_the_page_of_another_conversation_ends_nothing(
    study: Study, sam: Person, pat: Person, conversation: Conversation
) -> None:
    other = paired(join(study, Role.SEEKER), join(study, Role.SUPPORTER))
    assert leave(sam, other) == "/study/demo/chat/"
    for held in (conversation, other):
        held.refresh_from_db()
        assert held.is_open


def test_a_strange_id_ends_nothing_of_who_is_elsewhere(study: Study) -> None:
    person = join(study, Role.SEEKER, until=Page.SURVEY_BEFORE)
    response = person.client.post(URL, {"conversation": "x"})
    assert response.headers["Location"] == "/study/demo/survey/before/"


def test_mallory_ends_nobodys_conversation(mallory: Person, conversation: Conversation) -> None:
    assert leave(mallory, conversation) == "/study/demo/lobby/"
    conversation.refresh_from_db()
    assert conversation.is_open


def test_who_has_not_left_has_no_page_of_having_left(sam: Person, conversation: Conversation) -> None:
    assert sam.client.get(LEFT).headers["Location"] == "/study/demo/chat/"
    assert sam.client.get(URL).status_code == 405


def test_one_can_leave_a_program(study: Study) -> None:
    sam = join(study, Role.SEEKER, arm="scripted")
    seat = Seat.objects.create(role=Role.SUPPORTER, agent="scripted")
    held = start_conversation(seeker=seat_of(sam), supporter=seat)
    assert leave(sam, held) == LEFT


@pytest.mark.parametrize("url", ["/study/demo/lobby/", "/study/demo/chat/"])
def test_every_page_of_the_chat_has_the_button_as_a_form(sam: Person, pat: Person, url: str) -> None:
    if url.endswith("chat/"):
        conversation = paired(sam, pat)
        page = sam.client.get(url, follow=True).content.decode()
        assert f'name="conversation" value="{conversation.pk}"' in page
    else:
        page = sam.client.get(url).content.decode()
    assert f'method="post" action="{URL}"' in page
    assert "Leave now" in page


@pytest.mark.django_db(transaction=True)
async def test_the_partner_is_told_at_once(sam: Person, pat: Person, conversation: Conversation) -> None:
    from channels.db import database_sync_to_async

    async with tab(pat, conversation) as supporter:
        assert await database_sync_to_async(leave)(sam, conversation) == LEFT
        frame = await supporter.until("ended")
    assert (frame["ending"], frame["outcome"]) == ("left_now", "partner_left")
