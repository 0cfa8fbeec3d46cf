"""Every state of a participant's way, and the one page that belongs to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esc.ontology import Role
from esc.participants.addresses import ADDRESSES
from esc.participants.journey import AfterChat, Facts, Page, SeatFacts, Training, next_page

SEEKER, SUPPORTER = Role.SEEKER, Role.SUPPORTER
PASSED, FAILED = Training.PASSED, Training.FAILED
FRESH = SeatFacts()
ASKED = SeatFacts(survey_before=True)
PAIRED = SeatFacts(paired=True)
ASKED_AND_PAIRED = SeatFacts(survey_before=True, paired=True)
ENDED = SeatFacts(survey_before=True, paired=True, chat_ended=True)
LEFT = SeatFacts(survey_before=True, paired=True, chat_ended=True, after_chat=AfterChat.CHOICE)
SILENT = SeatFacts(survey_before=True, paired=True, chat_ended=True, after_chat=AfterChat.NOTHING)
DONE = SeatFacts(survey_before=True, paired=True, chat_ended=True, survey_after=True)

STATES = [
    # consented, role, training, seat, finished → page
    (False, None, None, None, False, Page.CONSENT),
    (False, SEEKER, None, FRESH, False, Page.CONSENT),  # the link fixes the role; a new consent version asks again
    (False, SUPPORTER, PASSED, PAIRED, False, Page.CONSENT),
    (True, None, None, None, False, Page.ROLE),
    (True, None, PASSED, None, False, Page.ROLE),
    (True, SUPPORTER, None, None, False, Page.TRAINING),
    (True, SUPPORTER, None, FRESH, False, Page.TRAINING),
    (True, SUPPORTER, FAILED, FRESH, False, Page.TRAINING),
    (True, SUPPORTER, FAILED, FRESH, True, Page.FINISH),
    (True, SUPPORTER, PASSED, FRESH, False, Page.LOBBY),
    (True, SUPPORTER, PASSED, None, False, Page.LOBBY),
    (True, SUPPORTER, PASSED, PAIRED, False, Page.CHAT),
    (True, SUPPORTER, PASSED, ENDED, False, Page.SURVEY_AFTER),
    (True, SUPPORTER, PASSED, LEFT, False, Page.LEFT),
    (True, SUPPORTER, PASSED, SILENT, False, Page.ANOTHER),
    (True, SUPPORTER, PASSED, DONE, False, Page.ANOTHER),
    (True, SUPPORTER, PASSED, DONE, True, Page.FINISH),
    (True, SEEKER, None, None, False, Page.SURVEY_BEFORE),
    (True, SEEKER, None, FRESH, False, Page.SURVEY_BEFORE),
    (True, SEEKER, FAILED, FRESH, False, Page.SURVEY_BEFORE),  # a seeker needs no training
    (True, SEEKER, None, ASKED, False, Page.LOBBY),
    (True, SEEKER, None, PAIRED, False, Page.SURVEY_BEFORE),
    (True, SEEKER, None, ASKED_AND_PAIRED, False, Page.CHAT),
    (True, SEEKER, None, ENDED, False, Page.SURVEY_AFTER),
    (True, SEEKER, None, LEFT, False, Page.LEFT),
    (True, SEEKER, None, SILENT, False, Page.ANOTHER),
    (True, SEEKER, None, LEFT, True, Page.FINISH),
    (True, SEEKER, None, DONE, False, Page.ANOTHER),
    (True, SEEKER, None, ASKED, True, Page.FINISH),  # left the lobby
    (True, SEEKER, None, DONE, True, Page.FINISH),
    (False, None, None, None, True, Page.FINISH),  # withdrew before the consent
]


@pytest.mark.parametrize(("consented", "role", "training", "seat", "finished", "page"), STATES)
def test_each_state_has_its_page(
    consented: bool, role: Role | None, training: Training | None, seat: SeatFacts | None, finished: bool, page: Page
) -> None:
    facts = Facts(consented=consented, role=role, training=training, seat=seat, finished=finished)
    assert next_page(facts) is page


def test_the_table_leads_to_every_page() -> None:
    assert {row[-1] for row in STATES} == set(Page)


def test_every_page_has_an_address() -> None:
    assert ADDRESSES.keys() == set(Page)


SEATS = st.builds(
    SeatFacts,
    survey_before=st.booleans(),
    paired=st.booleans(),
    chat_ended=st.booleans(),
    after_chat=st.sampled_from(AfterChat),
    survey_after=st.booleans(),
)
FACTS = st.builds(
    Facts,
    consented=st.booleans(),
    role=st.none() | st.sampled_from(Role),
    training=st.none() | st.sampled_from(Training),
    seat=st.none() | SEATS,
    finished=st.booleans(),
)


@given(FACTS)
def test_whatever_happened_there_is_a_page(facts: Facts) -> None:
    assert next_page(facts) in Page


@given(FACTS)
def test_nobody_chats_without_consent_role_and_gate(facts: Facts) -> None:
    if next_page(facts) in {Page.LOBBY, Page.CHAT}:
        assert facts.consented
        assert not facts.finished
        assert facts.role is Role.SEEKER or facts.training is Training.PASSED


@given(FACTS)
def test_seekers_never_see_the_gate_and_supporters_never_the_questions_before(facts: Facts) -> None:
    forbidden = Page.TRAINING if facts.role is Role.SEEKER else Page.SURVEY_BEFORE
    assert next_page(facts) is not forbidden
