"""What a model may not say, and what it may although it looks alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from esc.ontology import Strategy
from esc.studies.loading import default_protocol_text, parse_protocol
from modelserve.filtering import Limits, fault_of

PROTOCOL = parse_protocol(default_protocol_text())
LIMITS = Limits(PROTOCOL.danger, PROTOCOL.strategy_names)


def fault(text: str, *own: str, limits: Limits = LIMITS) -> str | None:
    return fault_of(Strategy.QUESTION, text, own, limits)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("…", "empty"),
        ("?!", "empty"),
        ("x" * 2_001, "unfit"),
        ("one\x00two", "unfit"),
        ("That is hard.<|endoftext|>", "special_tokens"),
        ("</s> That is hard.", "special_tokens"),
        ("[PAD] [PAD] That is hard.", "special_tokens"),
        ("__start__ that is hard", "special_tokens"),
        ("[Question] What happened?", "special_tokens"),
        ("[reflection of feelings] You feel sad.", "special_tokens"),
        ("that is ha@@ rd", "special_tokens"),
        ("ĠThatĠisĠhard", "special_tokens"),
        ("That is hard.\nSeeker: yes, it is", "special_tokens"),
        ("assistant: That is hard.", "special_tokens"),
        ("That is h�rd.", "special_tokens"),
        ("Look at https://example.org/help", "address"),
        ("Look at www.example.org", "address"),
        ("Look at example.com for help", "address"),
        ("Write to me at jo@example.org", "address"),
        ("no no no no", "loops"),
        ("I see, I see, I see.", "loops"),
        ("I am sorry to hear that. I am sorry to hear that.", "loops"),
        ("you can do it you can do it you can do it", "loops"),
        ("I am a human, just like you.", "claims_human"),
        ("I'm a real person.", "claims_human"),
        ("I’m only human too", "claims_human"),
        ("Believe me, I am not a bot!", "claims_human"),
        ("im not a computer program", "claims_human"),
        ("I'm not an AI.", "claims_human"),
        ("You are talking to a real human.", "claims_human"),
        ("As a human being, I know that.", "claims_human"),
        ("You should kill yourself.", "danger"),
        ("I want to die, too.", "danger"),
    ],
)
def test_what_may_not_be_said(text: str, why: str) -> None:
    assert fault(text) == why


@pytest.mark.parametrize(
    "text",
    [
        "What happened?",
        "No, no, no! You did nothing wrong.",
        "That is very, very hard.",
        "I hear you. It was hard. It was unfair. I hear that.",
        "You are only human, and everybody makes mistakes.",
        "I am a good listener.",
        "I am not a computer expert, but that sounds frustrating.",
        "Is your boss a bot? Sorry, a bad joke.",
        "I am a program, and I am here to listen.",
        "Would talking to a real person help, such as a friend?",
        "Talk to your doctor, e.g. on Monday.",
        "Sorry to hear that.So you lost it?",
        "Have you heard of 12-step programs?",
        "It is 10:30, and you are still awake.",
        "The seeker of truth: that is you.",
        "Es tut mir leid, das zu hören.",
        "我很难过听到这个消息。",
    ],
)
def test_what_may_be_said(text: str) -> None:
    assert fault(text) is None


def test_what_it_said_before_is_a_repetition_however_it_is_written() -> None:
    assert fault("What happened?", "what happened") == "repeated"
    assert fault("What happened then?", "what happened") is None


def test_a_study_may_let_it_claim_to_be_human() -> None:
    assert fault("I am a human, too.", limits=replace(LIMITS, may_claim_to_be_human=True)) is None


def test_a_strategy_that_the_study_does_not_have_cannot_be_said() -> None:
    assert fault_of("Advice", "What happened?", (), LIMITS) == "strategy"


def test_the_platforms_own_safe_replies_may_be_said() -> None:
    assert PROTOCOL.safe_replies
    assert [reply.text for reply in PROTOCOL.safe_replies if fault_of(reply.strategy, reply.text, (), LIMITS)] == []
