"""What the scripted supporter hears: the moment, the feeling, the topic."""

from __future__ import annotations

import pytest

from esc.ontology import Role
from modelserve.engines.base import Heard
from modelserve.engines.scripted.hearing import feeling_in, listen, moment_of, sentences, topic_in
from tests.modelserve.talks import heard


@pytest.mark.parametrize(
    ("message", "moment"),
    [
        ("I want to kill myself", "danger"),
        ("Sometimes I don’t want to live anymore.", "danger"),
        ("I am NOT suicidal, don't worry", "danger"),
        ("Are you a bot?", "program"),
        ("Have you ever lost a job?", "program"),
        ("I have to go now. Thanks for your time, bye", "goodbye"),
        ("ok thank you, good night!", "goodbye"),
        ("I have to go to work every day", ""),
        ("I never got to say goodbye to my dog", ""),
        ("I see", ""),
        ("What should I do about it?", "advice"),
        ("I don't know what to do", "advice"),
        ("That helps, I will try it", "better"),
        ("That makes sense, but nothing changes", ""),
        ("I will try to sleep if I feel better", ""),
        ("You are right. " + "My days are long and hard. " * 4, ""),
        ("ok thank you so much", "thanks"),
        ("Thanks to him I lost everything", ""),
        ("He never thanks me for anything", ""),
        ("Hello there!", "greeting"),
        ("Hello, my cat ran away", ""),
        ("Why did she leave?", "asked"),
        ("She left.", ""),
    ],
)
def test_the_moment_is_heard(message: str, moment: str) -> None:
    assert moment_of([message]) == moment


def test_a_sign_of_danger_counts_before_everything_else_in_the_turn() -> None:
    assert moment_of(["I want to end my life.", "Never mind. Thank you, bye!"]) == "danger"


@pytest.mark.parametrize(
    ("message", "feeling"),
    [
        ("I am sad", "sad"),
        ("I'm so very angry with her", "angry"),
        ("It makes me really nervous", "anxious"),
        ("I feel stressed out", "under pressure"),
        ("I have been a bit depressed lately", "very low"),  # no illness is named
        ("I am not sad", None),
        ("I don't feel lonely", None),
        ("My mother is sad", None),
        ("I am tired of waiting", None),
        ("I was lonely back then", None),
    ],
)
def test_only_what_seekers_say_of_themselves_is_their_feeling(message: str, feeling: str | None) -> None:
    assert feeling_in(sentences(message)) == feeling


def test_the_newest_feeling_counts() -> None:
    assert feeling_in(["i am sad", "nothing new", "i feel angry"]) == "angry"


@pytest.mark.parametrize(
    ("message", "topic"),
    [
        ("My boss gave my shifts away. A friend told me.", "work"),
        ("My exam is on Monday.", "your studies"),
        ("We broke up in May.", "the breakup"),
        ("My mother died in spring. My mother was everything. Since she died I am lost.", None),
        ("It does not work out.", None),
        ("Nothing special.", None),
    ],
)
def test_the_topic_is_what_is_named_most(message: str, topic: str | None) -> None:
    assert topic_in(sentences(message)) == topic


def test_turns_are_counted_and_not_messages() -> None:
    said = [*heard("Hi", "are you there", "hello"), Heard(Role.SUPPORTER, "Hello.", "Others"), *heard("Good")]
    assert listen(said).turns == 2
    assert listen([]).turns == 0


def test_only_the_newest_turn_gives_a_fragment() -> None:
    said = [*heard("I lost my job last week."), Heard(Role.SUPPORTER, "Oh.", "Others"), *heard("It is hard.")]
    assert "fragment" not in listen(said).words
    assert listen(said[:1]).words["fragment"] == "you lost your job last week"
