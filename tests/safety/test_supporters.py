"""Supporters are looked after: a break after an alert, and so many conversations a day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from chat.models import Conversation
from esc.errors import Refusal
from esc.ontology import Role
from esc.participants.journey import Page
from esc.participants.services import arrive, begin_another, finish_step
from esc.studies.models import Study
from tests.chat.talk import end, paired, say, talk
from tests.people import Person, join
from tests.safety.conftest import reopen

pytestmark = pytest.mark.django_db
ANOTHER = "/study/demo/another/"


def another(person: Person) -> str:
    response = person.client.get(ANOTHER)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def hold(study: Study, pat: Person, *words: str) -> Conversation:
    """One conversation of Pat's with somebody new, to the end of its questions."""
    conversation = paired(join(study, Role.SEEKER), pat)
    for text in words:
        say(conversation, Role.SEEKER, text)
    talk(conversation, 8)
    end(conversation)
    finish_step(sitting_id=pat.sitting_id, step=Page.SURVEY_AFTER)
    return conversation


@pytest.fixture
def two_a_day(study: Study) -> Study:
    return reopen(study, ("daily_limit = 5", "daily_limit = 2"), ('time_zone = "UTC"', 'time_zone = "Asia/Tokyo"'))


def at(monkeypatch: pytest.MonkeyPatch, *moment: int) -> None:
    now = datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type, misc]
    monkeypatch.setattr(timezone, "now", lambda: now)


def test_after_an_alert_a_supporter_is_offered_a_break_with_resources(study: Study, pat: Person) -> None:
    hold(study, pat, "I want to die")
    page = another(pat)
    assert "Take a break first" in page
    assert "findahelpline" in page
    assert 'value="another"' in page, "they may go on"
    assert 'value="finish"' in page, "or stop, paid"


def test_after_an_ordinary_chat_there_is_no_break(study: Study, pat: Person) -> None:
    hold(study, pat)
    assert "Take a break" not in another(pat)


def test_whoever_is_left_before_a_real_chat_is_offered_the_break_too(sam: Person, pat: Person) -> None:
    conversation = paired(sam, pat)
    say(conversation, Role.SEEKER, "I want to die")
    sam.client.post("/study/demo/leave-now/", {"conversation": str(conversation.pk)})
    assert "Take a break first" in pat.client.get("/study/demo/left/").content.decode()


def test_a_seeker_is_not_sent_into_a_break(sam: Person, pat: Person) -> None:
    conversation = paired(sam, pat)
    say(conversation, Role.SEEKER, "I want to die")
    talk(conversation, 8)
    end(conversation)
    finish_step(sitting_id=sam.sitting_id, step=Page.SURVEY_AFTER)
    assert "Take a break" not in another(sam)


def test_after_the_days_last_conversation_the_page_says_so_and_pays(
    two_a_day: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 2026, 11, 21, 9)
    pat = join(two_a_day, Role.SUPPORTER)
    hold(two_a_day, pat)
    assert "You have supported as many people" not in another(pat)
    begin_another(sitting_id=pat.sitting_id)
    hold(two_a_day, pat)
    page = another(pat)
    assert "That is enough for today" in page
    assert "Asia/Tokyo" in page
    assert 'value="another"' not in page
    response = pat.client.post(ANOTHER, {"choice": "another"})
    assert "Please come back tomorrow" in response.content.decode()
    assert pat.client.post(ANOTHER, {"choice": "finish"}).headers["Location"] == "/study/demo/finish/"


def test_a_new_day_begins_at_midnight_of_the_study(two_a_day: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, 2026, 11, 21, 14, 59)  # 23:59 in Tokyo
    pat = join(two_a_day, Role.SUPPORTER)
    for _ in range(2):
        hold(two_a_day, pat)
        if pat.sitting.left_today(timezone.now()):
            begin_another(sitting_id=pat.sitting_id)
    with pytest.raises(Refusal, match="come back tomorrow"):
        begin_another(sitting_id=pat.sitting_id)
    at(monkeypatch, 2026, 11, 21, 15, 0)
    assert begin_another(sitting_id=pat.sitting_id) is Page.LOBBY


def test_a_new_submission_of_the_same_day_is_turned_away_kindly(
    two_a_day: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 2026, 11, 21, 9)
    pat = join(two_a_day, Role.SUPPORTER)
    hold(two_a_day, pat)
    begin_another(sitting_id=pat.sitting_id)
    hold(two_a_day, pat)
    pat.client.post(ANOTHER, {"choice": "finish"})
    link = two_a_day.links.create(label="again", role=Role.SUPPORTER)
    known = pat.sitting.participant_id
    with pytest.raises(Refusal, match="come back tomorrow"):
        arrive(link=link, person="", submission="second", known=known)
    at(monkeypatch, 2026, 11, 22, 9)
    assert arrive(link=link, person="", submission="second", known=known).current_seat


def test_seekers_have_no_daily_limit(study: Study, sam: Person, pat: Person) -> None:
    reopen(study, ("daily_limit = 5", "daily_limit = 1"))
    conversation = paired(sam, pat)
    say(conversation, Role.SEEKER, "Hello")
    end(conversation)
    assert sam.sitting.left_today(timezone.now()) == sam.sitting.conversations_left == 2
