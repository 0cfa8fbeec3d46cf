"""`esconv.toml` is the paper: what it says is checked against the paper's own numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from esc.ontology import EMOTIONS, EXPERIENCE_ORIGINS, PROBLEMS, Outcome, Role, Stage, Strategy
from esc.studies.loading import default_protocol_text, parse_protocol, sha256
from esc.text import LengthUnit

PROTOCOL = parse_protocol(default_protocol_text())
E, C, A = Stage.EXPLORATION, Stage.COMFORTING, Stage.ACTION


def test_three_stages_and_eight_strategies_in_the_papers_order() -> None:
    assert [stage.name for stage in PROTOCOL.stages] == list(Stage)
    assert PROTOCOL.strategy_names == [strategy.value for strategy in Strategy]


@pytest.mark.parametrize(
    ("strategy", "stages"),
    [
        (Strategy.QUESTION, [E]),
        (Strategy.RESTATEMENT, [E]),
        (Strategy.REFLECTION, [E, C]),
        (Strategy.SELF_DISCLOSURE, [E, C, A]),
        (Strategy.AFFIRMATION, [C, A]),
        (Strategy.SUGGESTIONS, [A]),
        (Strategy.INFORMATION, [A]),
        (Strategy.OTHERS, [E, C, A]),
    ],
)
def test_each_strategy_belongs_to_its_stages(strategy: Strategy, stages: list[Stage]) -> None:
    option = next(option for option in PROTOCOL.strategies if option.name == strategy)
    assert option.stages == stages
    assert option.definition
    assert option.example


def test_five_problems_and_seven_emotions_are_offered() -> None:
    assert [option.value for option in PROTOCOL.offered("problems")] == list(PROBLEMS[:5])
    assert [option.value for option in PROTOCOL.offered("emotions")] == list(EMOTIONS[:7])


def test_later_problems_and_emotions_are_there_switched_off() -> None:
    assert tuple(option.value for option in PROTOCOL.problems) == PROBLEMS
    assert tuple(option.value for option in PROTOCOL.emotions) == EMOTIONS
    assert PROTOCOL.labels("problem").canonical("Procrastination") == "procrastination"


def test_both_origins_of_an_experience_are_offered() -> None:
    assert tuple(option.value for option in PROTOCOL.offered("experience_origins")) == EXPERIENCE_ORIGINS


def test_thresholds_are_those_of_table_7s_first_row() -> None:
    rules = PROTOCOL.approval
    assert (rules.improvement, rules.supporter_length, rules.empathy, rules.relevance) == (1, 8, 3, 4)
    assert (rules.seeker_length, rules.detail) == (6, None)
    assert (rules.utterances, rules.supporter_criteria, rules.last_feedback) == (16, 3, 4)
    assert PROTOCOL.length.unit is LengthUnit.NLTK


def test_feedback_is_due_every_two_utterances_and_required() -> None:
    assert (PROTOCOL.feedback.interval, PROTOCOL.feedback.required) == (2, True)


def test_clocks_are_the_designs() -> None:
    clocks = PROTOCOL.clocks
    assert (clocks.lobby, clocks.connect, clocks.first_message) == (15 * 60, 30, 2 * 60)
    assert (clocks.silence_nudge, clocks.silence_end, clocks.reconnect_grace) == (3 * 60, 6 * 60, 2 * 60)
    assert (clocks.proposed_end, clocks.turn_delay, clocks.survey_deadline) == (60, 3, 24 * 60 * 60)


def test_every_scale_has_a_word_for_each_step_and_every_scale_item_an_echo() -> None:
    surveys = PROTOCOL.surveys
    for item in [*surveys.seeker_before, *surveys.seeker_after, *surveys.supporter_after]:
        if item.kind == "scale":
            assert item.scale is not None
            assert item.echo
            assert len({PROTOCOL.scale_word(item.scale, score) for score in range(1, 6)}) == 5


def test_every_outcome_has_a_code_of_its_own_and_only_a_removal_is_not_paid() -> None:
    codes = {rule.completion_code for rule in PROTOCOL.outcomes.values()}
    assert len(codes) == len(Outcome)
    assert [outcome for outcome, rule in PROTOCOL.outcomes.items() if rule.pay == "none"] == [Outcome.REMOVED]
    assert PROTOCOL.pay.per_minute.waiting > Decimal(0)


def test_consent_asks_for_age_reading_along_and_a_program_as_partner() -> None:
    assert {"adult", "read_live", "program"} <= PROTOCOL.consent.points.keys()
    assert PROTOCOL.consent.version


def test_people_are_the_default_arm_and_the_scripted_one_is_reached_by_a_link_alone() -> None:
    assert {arm.name: (arm.supporter, arm.weight) for arm in PROTOCOL.arms} == {
        "people": ("person", 1),
        "scripted": ("scripted", 0),
    }
    assert PROTOCOL.agent("scripted").disclosure == "header"


def test_crisis_resources_come_with_the_persons_country_first() -> None:
    everywhere = PROTOCOL.crisis.resources("XX")
    assert everywhere == PROTOCOL.crisis.everywhere
    assert PROTOCOL.crisis.resources("DE")[1:] == everywhere


def test_seekers_and_supporters_have_their_own_limits() -> None:
    assert PROTOCOL.max_conversations(Role.SEEKER) < PROTOCOL.max_conversations(Role.SUPPORTER)


def test_equal_files_make_equal_protocols() -> None:
    text = default_protocol_text()
    assert parse_protocol(text + "\n# a comment\n") == PROTOCOL
    assert sha256(text + "\n# a comment\n") != sha256(text)
