"""The scripted supporter as an engine: what it answers, to anything at all."""

from __future__ import annotations

from itertools import pairwise
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esc.ontology import Role, Stage, Strategy
from esc.text import LengthUnit, check_utterance, length
from modelserve.engines.base import Context, Heard
from modelserve.engines.scripted.engine import ScriptedEngine, say, stage_of
from modelserve.engines.scripted.lines import groups
from tests.modelserve.talks import STORY, conversation, heard, replies

ENGINE = ScriptedEngine()
SEEDS = range(40)

utterances = st.lists(
    st.builds(Heard, role=st.sampled_from(Role), text=st.text(min_size=1, max_size=2_000)), max_size=12
).map(tuple)


@settings(deadline=None)  # no test asserts a wall-clock time
@given(utterances, st.integers(min_value=0, max_value=2**64 - 1))
def test_anything_gets_a_reply_that_can_be_posted(said: tuple[Heard, ...], seed: int) -> None:
    context = Context(said, seed)
    (reply,) = ENGINE.reply([context])
    assert reply.strategy in ENGINE.speaks
    assert check_utterance(reply.text) == reply.text
    assert reply.tokens == len(reply.text.split())
    assert (reply.strategy, reply.text) == say(context), "the same context, the same reply"


def test_a_batch_answers_like_one_at_a_time() -> None:
    contexts = [Context(heard(*STORY[: number + 1]), number) for number in range(len(STORY))]
    together = [(reply.strategy, reply.text) for reply in ENGINE.reply(contexts)]
    assert together == [(r.strategy, r.text) for context in contexts for r in ENGINE.reply([context])]
    assert ENGINE.reply([]) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_thirty_utterances_hold_no_reply_twice_and_are_long_enough(seed: int) -> None:
    said = conversation(STORY, seed=seed * 1_000)
    assert len(said) == 30
    spoken = [reply.text for reply in replies(said)]
    assert len(set(spoken)) == len(spoken)
    assert mean(length(text, LengthUnit.NLTK) for text in spoken) >= 8


@pytest.mark.parametrize("message", ["ok", "It is what it is.", "I lost my job because my boss moved to Spain."])
def test_a_monotonous_seeker_hears_no_line_twice_while_others_are_left(message: str) -> None:
    spoken = [reply.text for reply in replies(conversation([message] * 45))]
    assert len(set(spoken)) == len(spoken)


def test_when_every_line_is_said_the_one_said_longest_ago_comes_again() -> None:
    spoken = [reply.text for reply in replies(conversation(["Thanks"] * 14))]
    six = spoken[:6]
    assert len(set(six)) == len(groups()["thanks"].lines) == 6
    assert spoken == six + six + six[:2]


def test_a_conversation_explores_then_comforts_then_acts() -> None:
    stages = [stage_of(turn) for turn in range(1, 18)]
    assert stages == sorted(stages[:10], key=list(Stage).index) + sorted(stages[10:], key=list(Stage).index)
    assert set(stages[:10]) == set(stages[10:]) == set(Stage)
    assert stage_of(0) is Stage.EXPLORATION


@pytest.mark.parametrize("seed", SEEDS)
def test_suggestions_wait_until_the_problem_is_explored(seed: int) -> None:
    plain = [f"It is hard at work, and this is part {number} of it." for number in range(8)]
    strategies = [reply.strategy for reply in replies(conversation(plain, seed=seed * 1_000))]
    assert strategies[0] == Strategy.OTHERS
    early = {Strategy.QUESTION, Strategy.RESTATEMENT, Strategy.REFLECTION}
    assert set(strategies[1:4]) <= early
    assert set(strategies[4:6]) <= {Strategy.REFLECTION, Strategy.AFFIRMATION}
    assert set(strategies[6:]) <= {Strategy.SUGGESTIONS, Strategy.INFORMATION, Strategy.AFFIRMATION}
    assert all(one != other for one, other in pairwise(strategies)), "no strategy twice running"


def test_the_agent_opens_with_a_greeting() -> None:
    strategy, text = say(Context((), 1))
    assert strategy == Strategy.OTHERS
    assert text in [line.text for line in groups()["opening"].lines]


@pytest.mark.parametrize(
    ("message", "group"),
    [
        ("Sometimes I want to die.", "danger"),
        ("are you even human?", "program"),
        ("I have to go, bye", "goodbye"),
        ("Thank you!", "thanks"),
        ("That helps, I will try that.", "better"),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_a_moment_is_answered_from_its_own_lines(message: str, group: str, seed: int) -> None:
    said = (*heard(*STORY[:3]), Heard(Role.SUPPORTER, "I see, go on please.", "Others"), *heard(message))
    strategy, text = say(Context(said, seed))
    assert strategy == groups()[group].strategy
    assert text in [line.text for line in groups()[group].lines]


def test_danger_is_answered_every_time_even_when_its_lines_are_used_up() -> None:
    danger = [line.text for line in groups()["danger"].lines]
    spoken = [reply.text for reply in replies(conversation(["I want to end my life."] * 12))]
    assert all(text in danger for text in spoken)


def test_the_question_whether_it_is_a_program_gets_an_honest_answer() -> None:
    assert all("program" in line.text for line in groups()["program"].lines)


def test_who_asks_for_advice_gets_a_suggestion() -> None:
    said = (
        *heard("Hi"),
        Heard(Role.SUPPORTER, "Hello.", "Others"),
        *heard("My boss fired me today. What should I do?"),
    )
    assert {say(Context(said, seed))[0] for seed in SEEDS} == {Strategy.SUGGESTIONS}


def test_the_seekers_own_words_come_back() -> None:
    before = Heard(Role.SUPPORTER, "What happened then?", "Question")
    said = (
        *heard("I had trouble at the office for years now."),
        before,
        *heard("My manager moved me to the night shift."),
    )
    texts = {say(Context(said, seed))[1] for seed in SEEDS}
    assert any("your manager moved you to the night shift" in text for text in texts)


def test_it_never_speaks_of_itself_as_somebody_who_lived() -> None:
    assert Strategy.SELF_DISCLOSURE not in ENGINE.speaks
    assert ENGINE.speaks <= {strategy.value for strategy in Strategy}
