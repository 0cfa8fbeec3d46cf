"""A participant's way, step by step, as a person takes it: by the words on the page, never by its markup.

Every function starts on its step's page and ends where the next step begins. `look` is shown each page on the way
with its name: the tests check it there, the screenshots are taken there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.talk import TALK

ROOT = Path(__file__).resolve().parents[2]
EXAMINATION = ROOT / "tutorial" / "content" / "esconv_examination.toml"
PROTOCOL = ROOT / "platform" / "esc" / "studies" / "protocols" / "esconv.toml"
TOGETHER = 30_000  # milliseconds until two people who wait are in one chat

Look = Callable[[Page, str], None]


def no_look(page: Page, name: str) -> None:
    """Walk on without looking around."""


@cache
def protocol() -> dict[str, Any]:
    """The default protocol, as its file has it."""
    return tomllib.loads(PROTOCOL.read_text(encoding="utf-8"))


def heading(page: Page, words: str | re.Pattern[str]) -> None:
    """The page with this heading is there."""
    expect(page.get_by_role("heading", level=1, name=words)).to_be_visible()


# --- Before the chat --------------------------------------------------------------------------------------------------


def consent(page: Page, country: str = "", look: Look = no_look) -> None:
    """Tick every point, name a country where one is given, and agree."""
    heading(page, "Before you take part")
    look(page, "consent")
    for box in page.get_by_role("checkbox").all():
        box.check()
    if country:
        page.get_by_label("Which country do you live in?").select_option(label=country)
    page.get_by_role("button", name="I agree and go on").click()


@cache
def _answer_key() -> dict[str, str]:
    """The right strategy for each reply of the examination, from the file that never leaves the server."""
    questions = tomllib.loads(EXAMINATION.read_text(encoding="utf-8"))["questions"]
    return {question["reply"]: question["strategy"] for question in questions}


def examination(page: Page, *, right: int = 8, look: Look = no_look) -> None:
    """From the strategies through the examination to its result, with so many right answers."""
    heading(page, "How to support somebody")
    look(page, "strategies")
    page.get_by_role("link", name=re.compile("the examination$")).click()
    heading(page, "Examination")
    look(page, "examination")
    for number, group in enumerate(page.get_by_role("group", name=re.compile(r"^Question \d")).all()):
        strategy = next(name for reply, name in _answer_key().items() if group.get_by_text(reply).count())
        if number >= right:
            strategy = next(name for name in _answer_key().values() if name != strategy)
        group.get_by_role("radio", name=strategy, exact=True).check()
    page.get_by_role("button", name="Hand in").click()
    heading(page, re.compile("^You passed$|^Not passed"))


def pass_gate(page: Page, look: Look = no_look) -> None:
    """The supporter's whole gate, passed; ends in the lobby."""
    examination(page, look=look)
    look(page, "result")
    page.get_by_role("link", name="Go on to the chat").click()


def choose(page: Page, question: str, answer: str) -> None:
    """One answer of a question with choices, or one step of a scale."""
    group = page.get_by_role("group", name=question)
    group.get_by_role("radio", name=re.compile(rf"^{re.escape(answer)}")).check()


def survey_before(page: Page, *, intensity: int = 5, situation: str = "", look: Look = no_look) -> None:
    """The seeker's questions before the chat: anxiety about a job, as strong as said; ends in the lobby."""
    heading(page, "What is on your mind?")
    look(page, "survey-before-empty")
    choose(page, "What would you like to talk about?", "Trouble with work or losing a job")
    choose(page, "Which feeling is the strongest", "Anxiety")
    choose(page, "How strong is this feeling right now?", str(intensity))
    page.get_by_label("What happened?").fill(
        situation or "My team is being closed and nobody tells us what comes next."
    )
    choose(page, "Is this going on in your life now?", "Yes")
    look(page, "survey-before")
    page.get_by_role("button", name="Go on to the chat").click()


# --- The chat ---------------------------------------------------------------------------------------------------------


def in_chat(page: Page) -> None:
    """A partner was found, and the chat is open."""
    page.wait_for_url(re.compile(r"/chat/[0-9a-f-]{36}/$"), timeout=TOGETHER)
    expect(message(page)).to_be_visible()


def message(page: Page) -> Locator:
    return page.get_by_label("Your message")


def utterances(page: Page) -> Locator:
    return page.get_by_role("log").get_by_role("listitem")


def choose_strategy(page: Page, strategy: str) -> None:
    """Choose it by its number, as people do who know them: Alt and its digit."""
    names = [known["name"] for known in protocol()["strategies"]]
    page.keyboard.press(f"Alt+Digit{names.index(strategy) + 1}")
    expect(message(page)).to_be_focused()


def tap_strategy(page: Page, strategy: str) -> None:
    """Choose it with one tap."""
    picker = page.get_by_role("group", name=re.compile("^Choose a strategy"))
    picker.locator("label").filter(has=page.get_by_role("radio", name=strategy, exact=True)).click()
    expect(message(page)).to_be_focused()


def chat_say(page: Page, text: str, strategy: str = "", *, tap: bool = False) -> None:
    """Write and send it; it stands in the log as sent."""
    if strategy:
        (tap_strategy if tap else choose_strategy)(page, strategy)
    message(page).fill(text)
    page.get_by_role("button", name="Send").click()
    expect(utterances(page).filter(has_text=text)).to_contain_text("sent")
    newest_in_view(page)


def chat_hear(page: Page, text: str) -> None:
    """The partner's message has come."""
    expect(utterances(page).filter(has_text=text)).to_be_visible()
    newest_in_view(page)


def newest_in_view(page: Page) -> None:
    """Whatever took room on the page, the newest message is not covered by it or scrolled away."""
    expect(utterances(page).last).to_be_in_viewport(ratio=0.9)


def rate(page: Page, score: int) -> None:
    """Give the rating that is due."""
    group = page.get_by_role("group", name=protocol()["feedback"]["question"])
    group.get_by_role("button", name=re.compile(f"^{score}")).click()
    expect(group).to_be_hidden()


def talk_with_script(page: Page, look: Look = no_look) -> None:
    """The seeker's whole side of TALK with the scripted supporter, who answers each message, and the ratings due."""
    answers = utterances(page).filter(has=page.get_by_text("Program", exact=True))
    for number, exchange in enumerate(TALK, start=1):
        chat_say(page, exchange.said)
        page.get_by_text("Your partner is writing…").wait_for()
        expect(answers).to_have_count(number)
        if number % 2 == 0:
            look(page, "rating")
            rate(page, 4)


def end_chat(page: Page, look: Look = no_look) -> None:
    """The seeker ends the chat; ends on the page after it."""
    page.get_by_role("button", name="End the chat", exact=True).click()
    look(page, "end-dialog")
    page.get_by_role("button", name="Yes, end it").click()
    go_on_after_chat(page, look)


def go_on_after_chat(page: Page, look: Look = no_look) -> None:
    """The chat has ended, whoever ended it: go on to the questions."""
    expect(page.get_by_role("heading", name="The chat has ended")).to_be_visible()
    look(page, "chat-ended")
    page.get_by_role("link", name="Go on to the questions").click()


# --- After the chat ---------------------------------------------------------------------------------------------------


def survey_after_seeker(
    page: Page, *, intensity: int = 2, empathy: int = 5, relevance: int = 5, words: str = "", look: Look = no_look
) -> None:
    """The seeker's questions after the chat, and the change confirmed in words."""
    heading(page, "How was it for you?")
    choose(page, "Think of the feeling you named before the chat.", str(intensity))
    choose(page, "How well did your partner understand", str(empathy))
    choose(page, "How much did your partner's messages", str(relevance))
    page.get_by_label("What in this chat helped you").fill(words)
    look(page, "survey-after-seeker")
    page.get_by_role("button", name="Go on").click()
    heading(page, "Is this right?")
    look(page, "confirm")
    page.get_by_role("button", name="Yes, that is right").click()


def survey_after_supporter(page: Page, *, detail: int = 4, words: str = "", look: Look = no_look) -> None:
    """The supporter's questions after the chat."""
    heading(page, "How was it for you?")
    choose(page, "How much detail did your partner give", str(detail))
    page.get_by_label("What was easy and what was hard").fill(words)
    look(page, "survey-after-supporter")
    page.get_by_role("button", name="Hand in my answers").click()


def finish(page: Page, look: Look = no_look) -> str:
    """No further conversation: to the end, and its completion code."""
    heading(page, "One more conversation?")
    look(page, "another")
    page.get_by_role("button", name="Finish and get my code").click()
    heading(page, "Thank you")
    look(page, "finish")
    return page.get_by_role("textbox", name="Completion code").input_value()
