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
from tutorial.loading import load_content
from tutorial.quiz import answer_key

ROOT = Path(__file__).resolve().parents[2]
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
    """The right option by the last message of each question, from the files that never leave the server."""
    return answer_key(load_content("en").bank.values())


@cache
def _kinds() -> dict[str, str]:
    """The kind of each question by its last message."""
    return {item.talk[-1].text: item.kind for item in load_content("en").bank.values()}


def learn(page: Page, look: Look = no_look) -> None:
    """All the lessons, each answered; ends on the overview."""
    heading(page, "How to support somebody")
    look(page, "training-overview")
    page.get_by_role("link", name="Begin with the first lesson").click()
    for number, (slug, lesson) in enumerate(load_content("en").lessons.items(), start=1):
        heading(page, lesson.title)
        look(page, f"lesson-{number:02}-{slug}")
        page.get_by_role("radio").first.check()
        page.get_by_role("button", name="Answer").click()
        expect(page.get_by_role("status")).to_contain_text(re.compile("That is right|Not quite"))
        look(page, f"lesson-{number:02}-{slug}-answered")
        page.get_by_role("link", name=re.compile("^Next lesson|^Go on$")).click()
    heading(page, "How to support somebody")
    look(page, "training-learned")


def asked(page: Page) -> str:
    """The last message of the question that is shown."""
    return page.locator(".talk .text").last.inner_text()


def options_and_right(page: Page) -> tuple[int, int]:
    """How many options the question has, and which of them is right (from 0)."""
    labels = [label.strip() for label in page.locator(".options .choice span").all_inner_texts()]
    return len(labels), labels.index(_answer_key()[asked(page)])


def answer_question(page: Page, *, right: bool = True) -> None:
    """The question on this page, answered as said."""
    options, at = options_and_right(page)
    page.get_by_role("radio").nth(at if right else (at + 1) % options).check()
    page.get_by_role("button", name=re.compile("^Answer and")).click()


def sit(page: Page, *, wrong: int = 0, look: Look = no_look) -> None:
    """One attempt at the examination, from its start to its result, with so many wrong answers."""
    heading(page, "Examination")
    look(page, "examination-start")
    page.get_by_role("button", name="Begin the examination").click()
    number = questions()
    for done in range(number):
        heading(page, f"Question {done + 1} of {number}")
        look(page, f"examination-{_kinds()[asked(page)]}")
        answer_question(page, right=done >= wrong)
    heading(page, re.compile("^You passed$|^Not passed"))


def questions() -> int:
    """How many questions an examination has."""
    return int(protocol()["training"]["questions"])


def examination(page: Page, *, wrong: int = 0, look: Look = no_look) -> None:
    """From the beginning of the training to the result of the first attempt."""
    learn(page, look)
    page.get_by_role("link", name="Go to the examination").first.click()
    sit(page, wrong=wrong, look=look)


def try_again(page: Page) -> None:
    """After a failed attempt: to the start of the next one, once it opens."""
    page.get_by_role("link", name="Go to the examination").click()
    until_it_opens(page)


def until_it_opens(page: Page) -> None:
    """The start of the next attempt, after its cool-down."""
    begin = page.get_by_role("button", name="Begin the examination")
    for _ in range(20):
        heading(page, "Examination")
        if begin.count():
            return
        page.wait_for_timeout(500)
        page.reload()
    expect(begin).to_be_visible()


def practise(page: Page, look: Look = no_look) -> None:
    """A whole practice chat from the overview, beginning with an idea that comes too early; ends at its remarks."""
    page.get_by_role("link", name="About the practice chat").click()
    heading(page, "Practice chat")
    look(page, "practice")
    page.get_by_role("button", name="Begin to practise").click()
    expect(utterances(page)).to_have_count(1)
    look(page, "practice-chat")
    turns = ["Providing Suggestions", "Question", "Reflection of feelings", "Affirmation and Reassurance"]
    for number, strategy in enumerate([*turns, "Information", "Others"], start=1):
        chat_say(page, f"This is what I would say now, message number {number}.", strategy)
        expect(utterances(page)).to_have_count(1 + 2 * number, timeout=TOGETHER)
        if number == 1:
            expect(page.get_by_text("You offered an idea before you asked")).to_be_visible()
            look(page, "practice-remark")
    expect(page.get_by_role("heading", name="The chat has ended")).to_be_visible()
    look(page, "practice-ended")
    page.get_by_role("link", name="Go on", exact=True).click()
    heading(page, "How to support somebody")
    page.get_by_role("link", name="See the remarks, or practise again").click()
    look(page, "practice-remarks")


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


def talk_with_model(page: Page, look: Look = no_look) -> list[str]:
    """The seeker's whole side of TALK with a model, who opens and answers each message, and the ratings due.

    Comes back with what the model said.
    """
    answers = utterances(page).filter(has=page.get_by_text("Program", exact=True))
    for number, said in enumerate(["", *(exchange.said for exchange in TALK)], start=1):
        if said:
            chat_say(page, said)
        page.get_by_text("Your partner is writing…").wait_for()
        expect(answers).to_have_count(number, timeout=TOGETHER)
        if number % 2 == 0:
            look(page, "model-rating")
            rate(page, 5)
    return [answer.locator(".text").inner_text() for answer in answers.all()]


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
