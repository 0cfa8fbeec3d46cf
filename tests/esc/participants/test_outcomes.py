"""How an ending becomes each person's outcome, and the outcomes of a sitting its one code."""

from __future__ import annotations

import pytest

from esc.ontology import Ending, Outcome, Role
from esc.participants.journey import AfterChat
from esc.participants.outcomes import after_chat, outcome_of, outcome_of_sitting

SURVEY, CHOICE, NOTHING = AfterChat.SURVEY, AfterChat.CHOICE, AfterChat.NOTHING
SEEKER, SUPPORTER = Role.SEEKER, Role.SUPPORTER
COMPLETED, LEFT, PARTNER, TIMED = Outcome.COMPLETED, Outcome.LEFT_EARLY, Outcome.PARTNER_LEFT, Outcome.TIMED_OUT

TABLE = [
    # ending, long enough, by → the seeker's outcome, the supporter's
    (Ending.ENDED_BY_SEEKER, True, SEEKER, COMPLETED, COMPLETED),
    (Ending.ENDED_BY_SEEKER, False, SEEKER, LEFT, PARTNER),
    (Ending.ENDED_BY_SUPPORTER, True, SUPPORTER, COMPLETED, COMPLETED),
    (Ending.ENDED_BY_SUPPORTER, False, SUPPORTER, PARTNER, LEFT),
    (Ending.SILENCE, True, SEEKER, TIMED, PARTNER),
    (Ending.SILENCE, False, SUPPORTER, PARTNER, TIMED),
    (Ending.DISCONNECT, True, SUPPORTER, PARTNER, TIMED),
    (Ending.DISCONNECT, False, SEEKER, TIMED, PARTNER),
    (Ending.NO_SHOW, False, SUPPORTER, PARTNER, TIMED),
    (Ending.NO_SHOW, False, None, TIMED, TIMED),  # both stayed away
    (Ending.DISCONNECT, True, None, TIMED, TIMED),
    (Ending.SILENCE, False, None, TIMED, TIMED),  # either could have written the first word
    (Ending.NO_SHOW, False, SEEKER, TIMED, PARTNER),
    (Ending.LEFT_NOW, True, SEEKER, LEFT, PARTNER),
    (Ending.LEFT_NOW, False, SUPPORTER, PARTNER, LEFT),
    (Ending.REPORTED, True, SEEKER, PARTNER, PARTNER),
    (Ending.REPORTED, False, SUPPORTER, PARTNER, PARTNER),  # removed is a researcher's decision alone
    (Ending.STOPPED, True, None, COMPLETED, COMPLETED),
    (Ending.STOPPED, False, None, PARTNER, PARTNER),
    (Ending.MODEL_FAILED, True, None, Outcome.MODEL_FAILED, Outcome.MODEL_FAILED),
    (Ending.MODEL_FAILED, False, None, Outcome.MODEL_FAILED, Outcome.MODEL_FAILED),
]


@pytest.mark.parametrize(("ending", "long_enough", "by", "seekers", "supporters"), TABLE)
def test_each_person_has_the_outcome_of_the_table(
    ending: Ending, long_enough: bool, by: Role | None, seekers: Outcome, supporters: Outcome
) -> None:
    assert outcome_of(ending, SEEKER, long_enough=long_enough, by=by) is seekers
    assert outcome_of(ending, SUPPORTER, long_enough=long_enough, by=by) is supporters


def test_the_table_has_every_ending() -> None:
    assert {row[0] for row in TABLE} == set(Ending)


@pytest.mark.parametrize("ending", Ending)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("by", [None, *Role])
def test_nobody_is_removed_by_an_ending_alone(ending: Ending, role: Role, by: Role | None) -> None:
    for long_enough in (True, False):
        assert outcome_of(ending, role, long_enough=long_enough, by=by) is not Outcome.REMOVED


@pytest.mark.parametrize(
    ("outcomes", "sittings"),
    [
        ([], LEFT),
        ([COMPLETED], COMPLETED),
        ([PARTNER, COMPLETED, TIMED], COMPLETED),
        ([PARTNER, TIMED], TIMED),
        ([Outcome.FAILED_TRAINING], Outcome.FAILED_TRAINING),
        ([Outcome.NO_PARTNER], Outcome.NO_PARTNER),
    ],
)
def test_sitting_is_completed_if_any_conversation_was(outcomes: list[Outcome], sittings: Outcome) -> None:
    assert outcome_of_sitting(outcomes) is sittings


@pytest.mark.parametrize(
    ("ending", "by", "utterances", "seekers", "supporters"),
    [
        (Ending.ENDED_BY_SEEKER, SEEKER, 16, SURVEY, SURVEY),
        (Ending.ENDED_BY_SEEKER, SEEKER, 15, SURVEY, CHOICE),
        (Ending.DISCONNECT, SUPPORTER, 15, CHOICE, SURVEY),
        (Ending.DISCONNECT, SUPPORTER, 16, SURVEY, SURVEY),
        (Ending.NO_SHOW, SEEKER, 0, NOTHING, CHOICE),
        (Ending.SILENCE, None, 0, NOTHING, NOTHING),
        (Ending.MODEL_FAILED, None, 0, NOTHING, NOTHING),
        (Ending.MODEL_FAILED, None, 3, SURVEY, SURVEY),
        (Ending.REPORTED, SEEKER, 3, CHOICE, SURVEY),  # who was reported does not go to the front
        (Ending.STOPPED, None, 3, CHOICE, CHOICE),
    ],
)
def test_who_is_left_before_a_real_chat_chooses_and_everyone_else_is_asked(
    ending: Ending, by: Role | None, utterances: int, seekers: AfterChat, supporters: AfterChat
) -> None:
    for role, expected in ((SEEKER, seekers), (SUPPORTER, supporters)):
        outcome = outcome_of(ending, role, long_enough=utterances >= 16, by=by)
        assert after_chat(ending, role, outcome, utterances=utterances, minimum=16, by=by) is expected
