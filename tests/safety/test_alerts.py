"""What one message or answer leads to: an alert, and notices to the right people, not again and again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chat.danger import watch
from chat.models import Conversation, Notice, Utterance
from chat.pairing import start_conversation
from chat.rows import lock_standings
from chat.rules import Posted, Say, take
from esc.ontology import Role, Strategy
from esc.participants.journey import Page
from esc.participants.models import Participant, Seat
from esc.safety import services
from esc.safety.models import Alert
from esc.safety.screening import Level
from esc.studies.models import Study
from surveys.services import Incomplete, save_draft, submit_survey
from tests.chat.talk import say
from tests.people import Person, join
from tests.surveys.chats import BEFORE

pytestmark = pytest.mark.django_db
Later = Callable[[float], datetime]
GRAVE = "I want to die"


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """From then on it is so many seconds later."""
    began = timezone.now()

    def set_clock(seconds: float) -> datetime:
        now = began + timedelta(seconds=seconds)
        monkeypatch.setattr(timezone, "now", lambda: now)
        return now

    return set_clock


def notices(role: Role) -> list[tuple[str, str]]:
    return list(Notice.objects.filter(role=role).values_list("kind", "text"))


def kinds(role: Role) -> list[str]:
    return [kind for kind, _ in notices(role)]


def test_a_seekers_message_makes_an_alert_shows_them_help_and_tells_the_supporter_how_to_respond(
    sam: Person, conversation: Conversation
) -> None:
    Participant.objects.filter(pk=sam.sitting.participant_id).update(country="NZ")
    position = say(conversation, Role.SEEKER, GRAVE)
    alert = Alert.objects.get()
    assert (alert.study_id, alert.participant_id) == (conversation.study_id, sam.sitting.participant_id)
    assert (alert.kind, alert.source, alert.role) == ("danger", "message", "seeker")
    assert (alert.conversation, alert.position, alert.level) == (conversation.pk, position, Level.HIGH)
    assert (alert.phrases, alert.list_version) == (["en.want_to_die"], conversation.protocol.danger.version)
    assert (alert.state, alert.count) == ("open", 1)
    ((kind, text),) = notices(Role.SEEKER)
    assert kind == "crisis"
    lines = text.split("\n")
    assert lines[0].startswith("1737, need to talk?:"), "help comes first, and that of their own country before all"
    assert len(lines) == 5
    assert lines[-2:] == [conversation.protocol.danger.notice, conversation.protocol.danger.told]
    assert notices(Role.SUPPORTER) == [("guidance", conversation.protocol.danger.guidance)]


def test_no_alert_and_no_notice_holds_what_was_written(conversation: Conversation) -> None:
    say(conversation, Role.SEEKER, f"{GRAVE}, said the lighthouse keeper")
    stored = str(Alert.objects.values().get()) + str(list(Notice.objects.values()))
    assert "lighthouse" not in stored
    assert GRAVE not in stored


def test_a_supporters_message_shows_help_to_them_alone(conversation: Conversation) -> None:
    say(conversation, Role.SUPPORTER, GRAVE)
    assert Alert.objects.get().role == Role.SUPPORTER
    assert kinds(Role.SUPPORTER) == ["crisis"]
    assert kinds(Role.SEEKER) == []


def test_what_is_said_to_the_partner_shows_help_to_both(conversation: Conversation) -> None:
    say(conversation, Role.SUPPORTER, "just kill yourself")
    assert (kinds(Role.SUPPORTER), kinds(Role.SEEKER)) == (["crisis"], ["crisis"])
    assert Alert.objects.get().level == Level.HIGH


def test_nothing_happens_over_an_idiom(conversation: Conversation) -> None:
    say(conversation, Role.SEEKER, "this job is killing me")
    assert not Alert.objects.exists()
    assert not Notice.objects.exists()


def test_negation_lowers_the_alert_and_shows_the_resources(conversation: Conversation) -> None:
    say(conversation, Role.SEEKER, "I would never kill myself")
    assert Alert.objects.get().level == Level.LOW
    assert kinds(Role.SEEKER) == ["crisis"]


def test_help_is_shown_once_in_a_while_and_every_hit_counts(conversation: Conversation, later: Later) -> None:
    say(conversation, Role.SEEKER, "I would never kill myself")
    later(30)
    position = say(conversation, Role.SEEKER, GRAVE)
    alert = Alert.objects.get()
    assert (alert.count, alert.level, alert.position) == (2, Level.HIGH, position)
    assert alert.phrases == ["en.kill_myself", "en.want_to_die"]
    assert (kinds(Role.SEEKER), kinds(Role.SUPPORTER)) == (["crisis"], ["guidance"])


def test_after_a_while_help_takes_the_place_of_the_older_notice(conversation: Conversation, later: Later) -> None:
    say(conversation, Role.SEEKER, GRAVE)
    now = later(conversation.protocol.danger.again_after + 1)
    say(conversation, Role.SEEKER, GRAVE)
    assert kinds(Role.SEEKER) == ["crisis", "crisis"]
    assert Notice.objects.open_for(Role.SEEKER, now).count() == 1


def test_a_lower_level_never_lowers_an_open_alert(conversation: Conversation) -> None:
    say(conversation, Role.SEEKER, GRAVE)
    say(conversation, Role.SEEKER, "I would never kill myself")
    assert Alert.objects.get().level == Level.HIGH


def test_each_side_has_an_alert_of_its_own(conversation: Conversation) -> None:
    say(conversation, Role.SEEKER, GRAVE)
    say(conversation, Role.SUPPORTER, GRAVE)
    assert sorted(Alert.objects.values_list("role", flat=True)) == ["seeker", "supporter"]


def test_what_comes_after_somebody_looked_is_a_new_alert(conversation: Conversation, rita: User) -> None:
    say(conversation, Role.SEEKER, GRAVE)
    services.mark_seen(alert_id=Alert.objects.get().pk, user_id=rita.pk)
    say(conversation, Role.SEEKER, GRAVE)
    assert sorted(Alert.objects.values_list("state", "count")) == [("open", 1), ("seen", 1)]


def test_seen_and_closed_say_who_and_when_once(conversation: Conversation, rita: User) -> None:
    say(conversation, Role.SEEKER, GRAVE)
    alert = Alert.objects.get()
    services.close_alert(alert_id=alert.pk, user_id=rita.pk)
    alert.refresh_from_db()
    assert (alert.state, alert.seen_by, alert.closed_by) == ("closed", rita, rita)
    first = alert.closed_at
    services.close_alert(alert_id=alert.pk, user_id=rita.pk)
    services.mark_seen(alert_id=alert.pk, user_id=rita.pk)
    alert.refresh_from_db()
    assert (alert.state, alert.closed_at) == ("closed", first)


def test_a_programs_message_is_watched_as_well(study: Study) -> None:
    sam = join(study, Role.SEEKER, arm="scripted")
    seat = sam.sitting.current_seat
    assert seat is not None
    held = start_conversation(seeker=seat, supporter=Seat.objects.create(role=Role.SUPPORTER, agent="scripted"))
    say(held, Role.SUPPORTER, "You should kill yourself", strategy=Strategy.OTHERS)
    alert = Alert.objects.get()
    assert (alert.role, alert.participant) == ("supporter", None)
    assert kinds(Role.SEEKER) == ["crisis"]
    assert kinds(Role.SUPPORTER) == [], "a program reads no notices"


def test_a_fault_in_the_alarm_costs_nobody_their_message(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_: object) -> Alert:
        raise ValueError("it broke")

    monkeypatch.setattr("chat.danger.raise_alert", broken)
    assert say(conversation, Role.SEEKER, GRAVE) == 1
    assert Utterance.objects.get().text == GRAVE
    assert "was not made an alert" in caplog.text


def test_a_message_without_danger_costs_no_query(
    conversation: Conversation, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    standing = lock_standings([conversation.pk])[conversation.pk]
    said = Say(conversation.pk, Role.SEEKER, uuid4(), "It is raining again today, and I miss him.")
    assert isinstance(take(standing, said, timezone.now()), Posted)
    with django_assert_num_queries(0):
        watch(standing, timezone.now())


# --- Answers


@pytest.fixture
def seeker(study: Study) -> Person:
    return join(study, Role.SEEKER, until=Page.SURVEY_BEFORE)


def test_the_situation_makes_an_alert_without_a_conversation(seeker: Person) -> None:
    answers = {**BEFORE, "situation": "Since the breakup I feel that I want to die."}
    assert submit_survey(sitting_id=seeker.sitting_id, survey="seeker_before", answers=answers) is Page.LOBBY
    alert = Alert.objects.get()
    assert (alert.source, alert.conversation, alert.participant_id) == ("survey", None, seeker.sitting.participant_id)
    assert not Notice.objects.exists()


def test_answers_that_cannot_be_taken_make_an_alert_all_the_same(seeker: Person) -> None:
    with pytest.raises(Incomplete):
        submit_survey(sitting_id=seeker.sitting_id, survey="seeker_before", answers={"situation": GRAVE})
    assert Alert.objects.get().source == "survey"


def test_a_draft_tells_the_page_and_nobody_else(seeker: Person) -> None:
    assert save_draft(sitting_id=seeker.sitting_id, survey="seeker_before", answers={"situation": GRAVE})
    assert not save_draft(sitting_id=seeker.sitting_id, survey="seeker_before", answers={"situation": "It rains"})
    assert not Alert.objects.exists()
