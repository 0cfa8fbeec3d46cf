"""Whole conversations in real browsers, from the links to the exported file."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import walk
from tests.browser.checks import good_page
from tests.browser.conftest import DESKTOP, PHONE, Visitor
from tests.browser.live import Live, Study
from tests.browser.talk import TALK
from tests.browser.watch import Watch

SITUATION = "My team is being closed in March, and nobody tells us who may stay.\nI lie awake most nights."
SEEKER_WORDS = "It helped that somebody asked – and “listened”."
SUPPORTER_WORDS = "It was hard not to give advice too early."


@pytest.mark.parametrize("size", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")])
def test_two_people_go_the_whole_way_and_the_export_holds_what_they_typed(
    server: Live, study: Study, visitor: Visitor, watch: Watch, tmp_path: Path, size: tuple[int, int]
) -> None:
    sam, pat, mallory = (visitor(size=size) for _ in range(3))
    look = Looks()

    sam.goto(study.seeker)
    walk.consent(sam, country="Germany", look=look)
    walk.survey_before(sam, intensity=5, situation=SITUATION, look=look)
    walk.heading(sam, "We are looking for your partner")
    look(sam, "lobby")
    pat.goto(study.supporter)
    walk.consent(pat, look=look)
    walk.pass_gate(pat, look=look)

    for page in (sam, pat):
        walk.in_chat(page)
    scores = talk(sam, pat, look, tap=size == PHONE)
    an_outsider_is_refused(mallory, sam.url, study, watch)
    walk.end_chat(sam, look=look)
    walk.go_on_after_chat(pat, look=look)

    walk.survey_after_seeker(sam, intensity=2, empathy=5, relevance=4, words=SEEKER_WORDS, look=look)
    walk.survey_after_supporter(pat, detail=4, words=SUPPORTER_WORDS, look=look)
    for page in (sam, pat):
        assert walk.finish(page, look=look) == "ESC-COMPLETED"

    assert verdict_of(server, study) == "approved"
    assert exported(server, study, tmp_path, verdict="approved") == [expected_record(scores)]


def test_a_seeker_talks_with_the_scripted_supporter_to_the_end(
    server: Live, study: Study, visitor: Visitor, tmp_path: Path
) -> None:
    page, look = visitor(), Looks()
    page.goto(study.scripted)
    walk.consent(page)
    walk.survey_before(page, intensity=4)
    walk.in_chat(page)
    walk.heading(page, "You are talking to a computer program")
    walk.talk_with_script(page, look)
    walk.end_chat(page, look=look)
    walk.survey_after_seeker(page, intensity=3)
    assert walk.finish(page) == "ESC-COMPLETED"

    (record,) = exported(server, study, tmp_path, verdict="")
    typed = [utterance["content"] for utterance in record["dialog"] if utterance["speaker"] == "seeker"]
    assert typed == [exchange.said for exchange in TALK]
    answered = [utterance for utterance in record["dialog"] if utterance["speaker"] == "supporter"]
    assert len(answered) == len(TALK)
    assert all(utterance["annotation"]["strategy"] for utterance in answered)


class Looks:
    """Checks every page of the way once."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def __call__(self, page: Page, name: str) -> None:
        if name not in self.seen:
            self.seen.add(name)
            good_page(page)


def talk(sam: Page, pat: Page, look: Looks, *, tap: bool) -> dict[int, int]:
    """The whole TALK. Comes back with the score that each of the seeker's utterances carries, by its place in TALK."""
    carried = {}
    for place, (said, strategy, answered) in enumerate(TALK):
        walk.chat_say(sam, said)
        walk.chat_hear(pat, said)
        if place in {0, 4}:
            look(pat, f"chat-supporter-{place}")
        walk.chat_say(pat, answered, strategy, tap=tap)
        walk.chat_hear(sam, answered)
        if place % 2 == 1:  # two of the supporter's messages since the last rating
            expect(sam.get_by_text(walk.protocol()["feedback"]["question"])).to_be_visible()
            look(sam, "chat-rating")
            carried[place + 1] = score = 4 + place % 4 // 2
            walk.rate(sam, score)
    look(sam, "chat-seeker")
    expect(walk.utterances(sam)).to_have_count(2 * len(TALK))
    expect(walk.utterances(pat)).to_have_count(2 * len(TALK))
    return carried


def an_outsider_is_refused(mallory: Page, conversation: str, study: Study, watch: Watch) -> None:
    """Neither whoever has no sitting, nor another seeker of the same study, gets at the page or the socket."""
    watch.expected_statuses.add(403)
    for known in (False, True):
        if known:
            mallory.goto(study.seeker)
            walk.consent(mallory)
        response = mallory.goto(conversation)
        assert response is not None
        assert response.status == 403
        expect(mallory.get_by_role("log")).to_have_count(0)
        good_page(mallory)
        assert closing_code(mallory, conversation) == 4403


def closing_code(page: Page, conversation: str) -> int:
    """What a socket to that conversation, opened by this page, is closed with; it must not be told anything."""
    code: int = page.evaluate(
        """conversation => new Promise((resolve, reject) => {
            const socket = new WebSocket(`ws://${location.host}/ws/chat/${conversation}/`);
            socket.onmessage = (event) => reject(new Error(`was told ${event.data}`));
            socket.onclose = (event) => resolve(event.code);
        })""",
        conversation.rstrip("/").rsplit("/", 1)[-1],
    )
    return code


def verdict_of(server: Live, study: Study) -> str:
    """The verdict that the background work gives on the study's one conversation, as soon as there is one."""
    ask = f"""
from qc.queries import latest_verdicts
print(*latest_verdicts().filter(conversation__study={study.pk}).values_list("decision", flat=True))
"""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := server.manage("shell", "--no-imports", "-c", ask).strip():
            return found
    raise AssertionError("no verdict within a minute")


def exported(server: Live, study: Study, folder: Path, *, verdict: str) -> Any:
    """What `export_esconv` writes of the conversations with that verdict, or of all."""
    wanted = ["--verdict", verdict] if verdict else []
    server.manage("export_esconv", "--study", study.slug, "--out", str(folder), *wanted)
    return json.loads((folder / "esconv.json").read_text(encoding="utf-8"))


def expected_record(carried: dict[int, int]) -> dict[str, Any]:
    """The conversation as it was typed, in the release's format."""
    dialog = []
    for place, (said, strategy, answered) in enumerate(TALK):
        feedback = {"feedback": str(carried[place])} if place in carried else {}
        dialog += [
            {"speaker": "seeker", "annotation": feedback, "content": said},
            {"speaker": "supporter", "annotation": {"strategy": strategy}, "content": answered},
        ]
    return {
        "experience_type": "Current Experience",
        "emotion_type": "anxiety",
        "problem_type": "job crisis",
        "situation": SITUATION,
        "survey_score": {
            "seeker": {
                "initial_emotion_intensity": "5",
                "empathy": "5",
                "relevance": "4",
                "final_emotion_intensity": "2",
            },
            "supporter": {"relevance": "4"},
        },
        "dialog": dialog,
        "seeker_question1": SEEKER_WORDS,
        "supporter_question1": SUPPORTER_WORDS,
    }
