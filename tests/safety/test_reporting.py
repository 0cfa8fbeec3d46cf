"""Reporting a partner, and a researcher's decision about it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chat.models import Conversation
from chat.pairing import enter_lobby, start_conversation
from chat.reporting import remove_reported, report_partner
from esc.errors import Refusal
from esc.ontology import Ending, Outcome, Role
from esc.participants.journey import Page
from esc.participants.models import Seat
from esc.participants.services import arrive, finish_step
from esc.safety.models import Alert
from esc.safety.screening import Level
from esc.studies.models import Study
from tests.chat.talk import end, paired, say, seat_of
from tests.people import Person, join

pytestmark = pytest.mark.django_db


def url(conversation: Conversation) -> str:
    return f"/study/demo/chat/{conversation.pk}/report/"


def report(person: Person, conversation: Conversation, **sent: str) -> Any:
    return person.client.post(url(conversation), {"reason": "threats", "words": "", **sent})


@pytest.fixture
def reported(sam: Person, pat: Person, conversation: Conversation) -> Alert:
    """Sam has reported Pat."""
    assert report(sam, conversation, words="Pat wrote\r\nunkind things.").status_code == 302
    return Alert.objects.get()


def test_a_report_ends_the_chat_and_raises_an_alert(
    sam: Person, pat: Person, conversation: Conversation, reported: Alert
) -> None:
    conversation.refresh_from_db()
    assert conversation.ending == Ending.REPORTED
    assert [seat_of(person).outcome for person in (sam, pat)] == [Outcome.PARTNER_LEFT, Outcome.PARTNER_LEFT]
    assert (reported.kind, reported.reason, reported.level) == ("report", "threats", Level.HIGH)
    assert (reported.role, reported.participant_id) == ("seeker", sam.sitting.participant_id)
    assert reported.report == "Pat wrote\nunkind things."


def test_the_way_without_javascript(sam: Person, conversation: Conversation) -> None:
    page = sam.client.get(url(conversation)).content.decode()
    assert "What is it about?" in page
    response = sam.client.post(url(conversation), {"reason": "sexual", "words": ""}, follow=True)
    assert "Thank you for telling us" in response.content.decode()


@pytest.mark.parametrize("sent", [{"reason": ""}, {"reason": "made up"}, {"words": "x" * 501}, {"words": "\x00"}])
def test_a_report_that_cannot_be_taken_keeps_what_was_written_and_the_chat(
    sam: Person, conversation: Conversation, sent: dict[str, str]
) -> None:
    response = report(sam, conversation, **{"words": "He is rude", **sent})
    assert response.status_code in (409, 422)
    assert 'role="alert"' in response.content.decode()
    conversation.refresh_from_db()
    assert conversation.is_open
    assert not Alert.objects.exists()


def test_a_partner_can_be_reported_after_the_end(sam: Person, conversation: Conversation) -> None:
    say(conversation, Role.SEEKER, "Hello")
    end(conversation)
    assert report(sam, conversation).status_code == 302
    conversation.refresh_from_db()
    assert conversation.ending == Ending.ENDED_BY_SEEKER
    assert Alert.objects.get().kind == "report"


def test_danger_in_the_report_is_an_alert_of_its_own(sam: Person, conversation: Conversation) -> None:
    report(sam, conversation, reason="danger", words="They say that they want to kill themselves.")
    assert sorted(Alert.objects.values_list("kind", "source")) == [("danger", "report"), ("report", "report")]


def test_reporting_twice_is_one_alert(sam: Person, conversation: Conversation) -> None:
    report(sam, conversation)
    report(sam, conversation)
    assert Alert.objects.get().count == 2


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", ["report", "reported"])
def test_mallory_can_report_nobody_here(mallory: Person, conversation: Conversation, method: str, path: str) -> None:
    response = getattr(mallory.client, method)(f"/study/demo/chat/{conversation.pk}/{path}/", {"reason": "threats"})
    assert response.status_code in ((403,) if (method, path) != ("post", "reported") else (405,))
    conversation.refresh_from_db()
    assert conversation.is_open
    assert not Alert.objects.exists()


def test_the_service_refuses_outsiders_too(mallory: Person, conversation: Conversation) -> None:
    with pytest.raises(Refusal, match="two other people"):
        report_partner(
            conversation_id=conversation.pk, participant_id=mallory.sitting.participant_id, reason="other", words=""
        )


def test_the_reported_persons_pages_do_not_say_that_they_were(pat: Person, reported: Alert) -> None:
    page = pat.client.get("/study/demo/", follow=True).content.decode()
    assert "report" not in page.casefold()
    assert "unkind" not in page
    assert "Take a break" not in page


# --- A researcher decides


def act(client: Client, action: str, *alerts: Alert) -> str:
    """Choose an action in the list of alerts; what the page says then."""
    chosen = {"action": action, "_selected_action": [alert.pk for alert in alerts]}
    return client.post("/admin/safety/alert/", chosen, follow=True).content.decode()


@pytest.fixture
def desk(rita: User) -> Client:
    client = Client()
    client.force_login(rita)
    return client


def test_the_list_shows_what_happened_and_leads_to_the_conversation(
    desk: Client, conversation: Conversation, reported: Alert
) -> None:
    page = desk.get("/admin/safety/alert/").content.decode()
    assert "Report of a partner" in page
    assert f"/admin/chat/conversation/{conversation.pk}/change/" in page
    detail = desk.get(f"/admin/safety/alert/{reported.pk}/change/").content.decode()
    assert "unkind things" in detail
    assert desk.get("/admin/safety/alert/add/").status_code == 403


def test_seen_and_closed_are_two_buttons(desk: Client, rita: User, reported: Alert) -> None:
    act(desk, "mark_as_seen", reported)
    reported.refresh_from_db()
    assert (reported.state, reported.seen_by) == ("seen", rita)
    act(desk, "close_alerts", reported)
    reported.refresh_from_db()
    assert (reported.state, reported.closed_by) == ("closed", rita)


def test_removing_changes_the_outcome_of_the_reported_person_alone(
    desk: Client, rita: User, sam: Person, pat: Person, reported: Alert
) -> None:
    assert "the reported person is removed" in act(desk, "remove_the_reported", reported)
    assert (seat_of(pat).outcome, pat.sitting.outcome, pat.page) == (Outcome.REMOVED, Outcome.REMOVED, Page.FINISH)
    assert seat_of(sam).outcome == Outcome.PARTNER_LEFT
    reported.refresh_from_db()
    assert (reported.state, reported.closed_by) == ("closed", rita)
    assert pat.sitting.ledger.get(seat=seat_of(pat)).amount == 0


def test_removing_somebody_who_has_finished_already_changes_their_code(
    rita: User, pat: Person, reported: Alert
) -> None:
    pat.client.post("/study/demo/leave-now/", {"conversation": str(reported.conversation)})
    assert pat.sitting.finished_at
    remove_reported(alert_id=reported.pk, user_id=rita.pk)
    assert pat.sitting.outcome == Outcome.REMOVED


def test_who_talks_with_the_removed_person_at_that_time_loses_a_partner_and_is_paid(
    rita: User, study: Study, pat: Person, reported: Alert
) -> None:
    finish_step(sitting_id=pat.sitting_id, step=Page.SURVEY_AFTER)
    pat.sitting.seats.create(number=2, role=Role.SUPPORTER)
    other = join(study, Role.SEEKER)
    held = paired(other, pat)
    remove_reported(alert_id=reported.pk, user_id=rita.pk)
    held.refresh_from_db()
    assert held.ending == Ending.STOPPED
    assert seat_of(other).outcome == Outcome.PARTNER_LEFT
    assert pat.page is Page.FINISH


def test_the_removed_person_waits_no_longer_and_does_not_come_back(
    rita: User, study: Study, pat: Person, reported: Alert
) -> None:
    finish_step(sitting_id=pat.sitting_id, step=Page.SURVEY_AFTER)
    pat.sitting.seats.create(number=2, role=Role.SUPPORTER)
    if pat.page is Page.LOBBY:
        enter_lobby(sitting=pat.sitting)
    remove_reported(alert_id=reported.pk, user_id=rita.pk)
    assert pat.page is Page.FINISH
    link = study.links.create(label="again", role=Role.SUPPORTER)
    with pytest.raises(Refusal, match="cannot join it again"):
        arrive(link=link, person="", submission="second", known=pat.sitting.participant_id)


def test_a_program_cannot_be_removed(desk: Client, rita: User, study: Study) -> None:
    sam = join(study, Role.SEEKER, arm="scripted")
    program = Seat.objects.create(role=Role.SUPPORTER, agent="scripted")
    held = start_conversation(seeker=seat_of(sam), supporter=program)
    report(sam, held)
    alert = Alert.objects.get()
    assert "was a program" in act(desk, "remove_the_reported", alert)
    alert.refresh_from_db()
    assert alert.state == "open"


def test_an_alert_that_is_no_report_removes_nobody(desk: Client, conversation: Conversation) -> None:
    say(conversation, Role.SEEKER, "I want to die")
    assert "is not a report" in act(desk, "remove_the_reported", Alert.objects.get())


def test_who_may_only_look_changes_nothing(reported: Alert) -> None:
    from django.contrib.auth.models import Permission

    looker = User.objects.create_user("lou", password="long enough for once", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_alert"))
    client = Client()
    client.force_login(looker)
    assert client.get("/admin/safety/alert/").status_code == 200
    for action in ("mark_as_seen", "remove_the_reported"):
        act(client, action, reported)
    reported.refresh_from_db()
    assert reported.state == "open"
