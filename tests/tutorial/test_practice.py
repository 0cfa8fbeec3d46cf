"""The practice chat: a script answers in the real chat, and none of it counts anywhere."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from chat.endings import end
from chat.models import Conversation, Feedback, Notice, Utterance, Waiting
from chat.overdue import end_overdue, nudge_silent
from chat.reporting import report_partner
from chat.services import Posted, Say, post_utterances
from esc.errors import Refusal
from esc.ontology import Ending, Purpose, Role, Strategy
from esc.participants.journey import Page
from esc.participants.models import LedgerLine, Seat
from esc.safety.models import Alert
from esc.studies.loading import default_protocol_text
from esc.studies.models import Study
from esc.studies.services import open_study
from tests.people import Person
from tests.tutorial.exam import PRACTICE, newcomer, sit
from tutorial.loading import load_content
from tutorial.models import PracticeChat
from tutorial.practice import answer_practice, start_practice
from tutorial.tasks import answer

SCRIPTS = load_content("en").practice.scripts
REMARKS = load_content("en").practice.remarks


@pytest.fixture
def nell(study: Study) -> Person:
    return newcomer(study)


def start(person: Person) -> Conversation:
    return start_practice(sitting_id=person.sitting_id)


def write(
    conversation: Conversation, strategy: str, text: str = "What happened then, and how was that for you?"
) -> None:
    posted = post_utterances([Say(conversation.pk, Role.SUPPORTER, uuid4(), text, strategy)])[0]
    assert isinstance(posted, Posted), posted


def later(seconds: int = 10) -> int:
    """How many scripts answer that many seconds from now."""
    return answer_practice(timezone.now() + timedelta(seconds=seconds))


def heard(conversation: Conversation) -> list[str]:
    return list(
        Utterance.objects.filter(conversation=conversation, role=Role.SEEKER)
        .order_by("position")
        .values_list("text", flat=True)
    )


def hints(conversation: Conversation) -> list[str]:
    return list(Notice.objects.filter(conversation=conversation, kind="hint").values_list("text", flat=True))


def test_the_script_begins_and_answers_six_times_and_says_goodbye(nell: Person) -> None:
    conversation = start(nell)
    assert heard(conversation) == [SCRIPTS[0].opening]
    for _ in range(6):
        write(conversation, Strategy.RESTATEMENT)
        assert later() == 1
    assert heard(conversation) == [SCRIPTS[0].opening, *(step.says for step in SCRIPTS[0].steps)]
    conversation.refresh_from_db()
    assert conversation.ending == Ending.ENDED_BY_SEEKER
    assert nell.page is Page.TRAINING
    assert not Feedback.objects.exists()


def test_it_answers_once_and_a_moment_after_the_last_message(nell: Person) -> None:
    conversation = start(nell)
    assert later() == 0  # the supporter has not written
    write(conversation, Strategy.QUESTION)
    assert later(seconds=1) == 0
    write(conversation, Strategy.REFLECTION)
    assert [later(), later()] == [1, 0]
    answer()
    assert len(heard(conversation)) == 2


def test_words_for_a_strategy_fit_its_first_use_alone(nell: Person) -> None:
    conversation = start(nell)
    for _ in range(5):
        write(conversation, Strategy.SUGGESTIONS)
        later()
    first, *others = heard(conversation)[1:]
    assert first == SCRIPTS[0].steps[0].after[Strategy.SUGGESTIONS]
    assert others == [step.says for step in SCRIPTS[0].steps[1:5]]


def test_remarks_are_made_beside_the_chat_to_the_supporter(nell: Person) -> None:
    conversation = start(nell)
    write(conversation, Strategy.SUGGESTIONS)
    later()
    assert hints(conversation) == [REMARKS["suggested-before-asking"]]
    assert set(Notice.objects.values_list("role", flat=True)) == {Role.SUPPORTER}
    write(conversation, Strategy.REFLECTION)
    later()
    still = Notice.objects.open_for(Role.SUPPORTER, timezone.now())
    assert [notice.text for notice in still] == [REMARKS["named-a-feeling"]]
    assert PracticeChat.objects.get().remarks == ["suggested-before-asking", "named-a-feeling"]


def test_it_can_be_left_resumed_and_repeated_with_another_script(nell: Person) -> None:
    first = start(nell)
    assert start(nell).pk == first.pk
    end(conversation_id=first.pk, role=Role.SUPPORTER)
    first.refresh_from_db()
    assert first.ending == Ending.ENDED_BY_SUPPORTER
    seen = [first.practice.script]
    for _ in range(3):
        again = start(nell)
        seen.append(again.practice.script)
        end(conversation_id=again.pk, role=Role.SUPPORTER)
    assert seen == [0, 1, 2, 0]


def test_where_the_supporter_opens_the_script_waits(study: Study) -> None:
    Study.objects.filter(pk=study.pk).update(
        draft=default_protocol_text().replace('opens = "either"', 'opens = "supporter"')
    )
    open_study(study_id=study.pk)
    conversation = start(newcomer(study))
    assert heard(conversation) == []
    write(conversation, Strategy.OTHERS)
    later()
    assert heard(conversation) == [SCRIPTS[0].steps[0].says]


def test_no_clock_ends_it(nell: Person) -> None:
    conversation = start(nell)
    write(conversation, Strategy.QUESTION)
    week = timezone.now() + timedelta(days=7)
    assert (end_overdue(week), nudge_silent(week)) == (0, 0)
    conversation.refresh_from_db()
    assert conversation.is_open


def test_nothing_of_it_is_on_the_way_in_the_lobby_or_in_the_ledger(nell: Person) -> None:
    conversation = start(nell)
    end(conversation_id=conversation.pk, role=Role.SUPPORTER)
    assert conversation.purpose == Purpose.PRACTICE
    assert not Conversation.objects.collected().exists()
    assert not Waiting.objects.exists()
    assert not LedgerLine.objects.exists()
    assert nell.sitting.seats.count() == 1
    assert nell.sitting.participant.conversations_done(Role.SUPPORTER) == 0
    assert Seat.objects.filter(sitting=None).count() == 2


def test_danger_shows_the_practising_person_where_help_is(nell: Person) -> None:
    conversation = start(nell)
    write(conversation, Strategy.OTHERS, "To be honest, I want to kill myself.")
    crisis = Notice.objects.get(kind="crisis")
    assert crisis.role == Role.SUPPORTER
    assert Alert.objects.get().participant_id == nell.sitting.participant_id


def test_a_script_cannot_be_reported(nell: Person) -> None:
    conversation = start(nell)
    with pytest.raises(Refusal) as refused:
        report_partner(
            conversation_id=conversation.pk,
            participant_id=nell.sitting.participant_id,
            reason=next(iter(Alert.Reason)),
            words="",
        )
    assert refused.value.code == "practice"
    conversation.refresh_from_db()
    assert conversation.is_open


# --- Pages ------------------------------------------------------------------------------------------------------------


def test_the_page_leads_into_the_real_chat_and_shows_the_remarks_afterwards(nell: Person) -> None:
    assert "Begin to practise" in nell.client.get(PRACTICE).content.decode()
    response = nell.client.post(PRACTICE)
    conversation = Conversation.objects.get()
    address = reverse("chat:conversation", args=["demo", conversation.pk])
    assert response.headers["Location"] == address
    html = nell.client.get(address).content.decode()
    assert "Practice: your partner is a script" in html
    assert "data-picker" in html
    assert "data-open-report" not in html
    assert "Go on with your practice chat" in nell.client.get(PRACTICE).content.decode()
    write(conversation, Strategy.INFORMATION)
    later()
    end(conversation_id=conversation.pk, role=Role.SUPPORTER)
    html = nell.client.get(PRACTICE).content.decode()
    assert REMARKS["suggested-before-asking"] in html
    assert "Practise again" in html


def test_nobody_else_sees_it(study: Study, nell: Person, mallory: Person) -> None:
    address = reverse("chat:conversation", args=["demo", start(nell).pk])
    assert mallory.client.get(address).status_code == 403
    assert newcomer(study).client.get(address).status_code == 403


def test_only_people_in_training_practise(sam: Person, tess: Person) -> None:
    sit(tess)
    for person in (sam, tess):
        with pytest.raises(Refusal, match="Practice belongs to the training"):
            start(person)
    assert not Conversation.objects.exists()
