"""The seeker's words turned round: right where they are plain, not at all where that could go wrong or hurt."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelserve.engines.scripted.mirror import LONGEST, SHORTEST, TURNED, fragment_of, mirrored


@pytest.mark.parametrize(
    ("said", "turned"),
    [
        ("I lost my job last week", "you lost your job last week"),
        ("i am really tired of it all", "you are really tired of it all"),
        ("I really am tired of it", "you really are tired of it"),
        ("I'm scared of the exam", "you're scared of the exam"),
        ("im scared of the exam", "you're scared of the exam"),
        ("I've been crying all day", "you've been crying all day"),
        ("I was happy before that day", "you were happy before that day"),
        ("I never was", None),
        ("I wasn't there when she left", "you weren't there when she left"),
        ("My boss was mean to me", "your boss was mean to you"),
        ("my mother and I were fighting", "your mother and you were fighting"),
        ("We broke up after three years", "you broke up after three years"),
        ("he left us with our debts", None),
        ("my father left us with our debts", "your father left you with your debts"),
        ("I blame myself for what happened", "you blame yourself for what happened"),
        ("And I miss him every day", "you miss him every day"),
        ("My friend Anna moved away", "your friend Anna moved away"),
        ("I think that I need a break", "you think that you need a break"),
    ],
)
def test_plain_clauses_are_turned_round(said: str, turned: str | None) -> None:
    assert mirrored(said) == turned


@pytest.mark.parametrize(
    "said",
    [
        "I am tired",  # too short to say anything
        "I " + "really " * 12 + "tried",  # too long to be given back
        "I got fired and was sad",  # its subject is not in sight
        "I lost my job I feel sad",  # two sentences
        "I don't know what to say",
        "I guess that is how it goes",
        "I hope you are well today",
        "I wonder if you could help me",
        "I moved here because of the",
        "I paid 400 dollars for that",
        "I LOST MY JOB TODAY",
        "My name is Jordan Miller",
        "my husband and my children",
        "What happened was not fair",
        "Ich habe meine Arbeit verloren",
        "i ｌｏｓｔ my job yesterday",
    ],
)
def test_what_could_come_out_wrong_is_left_alone(said: str) -> None:
    assert mirrored(said) is None


@pytest.mark.parametrize(
    "said",
    [
        "I am a terrible mother to them",
        "I am not good enough for her",
        "I feel like a burden to everyone",
        "I'm so stupid about these things",
        "I hate the way I look",
        "I am too fat for this dress",
        "I deserve all of this pain",
        "I want to kill somebody today",
        "I will never find anyone again",
        "my boss is an asshole to me",
        "my dad abused me for years",
    ],
)
def test_harsh_words_are_never_given_back(said: str) -> None:
    assert mirrored(said) is None


def test_the_last_plain_clause_is_taken_and_no_question() -> None:
    said = "I lost my job in May. My wife left me in June, but nobody asks. Can I ever trust people again?"
    assert fragment_of(said) == "your wife left you in June"
    assert fragment_of("Should I call my sister about it?") is None
    assert fragment_of("") is None


def test_curly_apostrophes_are_read_like_straight_ones() -> None:
    assert fragment_of("I’m worried about my little brother.") == "you're worried about your little brother"


def test_newlines_part_sentences() -> None:
    assert fragment_of("I lost my job\nI feel sad about it") == "you feel sad about it"


@settings(deadline=None)  # no test asserts a wall-clock time
@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from([*TURNED, "am", "was", "and", "that", "lost", "the", "job"])).map(" ".join)
)
def test_no_fragment_speaks_of_its_speaker(text: str) -> None:
    fragment = fragment_of(text)
    if fragment is not None:
        assert SHORTEST <= len(fragment.split()) <= LONGEST
        assert not re.search(r"\b(i|i'm|im|me|my|mine|myself|am|we|us|our)\b", fragment.lower())
        assert re.fullmatch(r"[A-Za-z' -]+", fragment)
