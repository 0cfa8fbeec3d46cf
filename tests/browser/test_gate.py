"""The supporter's gate in a real browser: learning, practice and examination, by keyboard and on a phone."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser import walk
from tests.browser.checks import fits, good_page
from tests.browser.conftest import PHONE, Visitor
from tests.browser.live import Live, Study
from tests.browser.watch import Watch
from tutorial.loading import load_content


def arrive(page: Page, study: Study) -> None:
    """From the supporter's link to the beginning of the training."""
    page.goto(study.supporter)
    walk.consent(page)
    walk.heading(page, "How to support somebody")


def in_lobby(page: Page) -> None:
    page.wait_for_url("**/lobby/")
    expect(page.get_by_text("You are in the queue.")).to_be_visible()


def test_a_person_learns_fails_reads_the_advice_passes_and_reaches_the_lobby(study: Study, visitor: Visitor) -> None:
    page = visitor()
    arrive(page, study)
    walk.examination(page, wrong=4, look=lambda page, name: good_page(page))
    walk.heading(page, "Not passed this time")
    good_page(page)
    advice = page.get_by_role("region", name="Read these lessons again")
    advice.get_by_role("link").first.click()
    expect(page.get_by_text(re.compile("Your answer"))).to_be_visible()  # a lesson that is done, to read again
    page.go_back()
    walk.try_again(page)
    walk.sit(page)
    walk.heading(page, "You passed")
    good_page(page)
    page.get_by_role("link", name="Go on to the chat").click()
    in_lobby(page)


def test_the_same_on_a_phone(study: Study, visitor: Visitor) -> None:
    page = visitor(size=PHONE)
    arrive(page, study)
    walk.examination(page, wrong=13, look=lambda page, name: fits(page))
    walk.heading(page, "Not passed this time")
    good_page(page)
    walk.try_again(page)
    walk.sit(page, wrong=2)
    page.get_by_role("link", name="Go on to the chat").click()
    in_lobby(page)


def tab_to(page: Page, role: str, name: str | re.Pattern[str]) -> None:
    """Press Tab until the focus is there."""
    wanted = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
    wanted.wait_for()
    for _ in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the {role} {name} is not reached with Tab")


def press(page: Page, role: str, name: str | re.Pattern[str]) -> None:
    tab_to(page, role, name)
    page.keyboard.press("Enter")


def choose_by_keys(page: Page, at: int) -> None:
    """Tab into the radios and go down to that one."""
    for _ in range(60):
        if page.evaluate("document.activeElement.type === 'radio'"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _ in range(at):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio").nth(at)).to_be_checked()


def sit_by_keys(page: Page, *, wrong: int) -> None:
    press(page, "button", "Begin the examination")
    for done in range(walk.questions()):
        walk.heading(page, f"Question {done + 1} of {walk.questions()}")
        options, at = walk.options_and_right(page)
        choose_by_keys(page, at if done >= wrong else (at + 1) % options)
        press(page, "button", re.compile("^Answer and"))
    walk.heading(page, re.compile("^You passed$|^Not passed"))


def test_the_whole_gate_with_the_keyboard_alone(study: Study, visitor: Visitor) -> None:
    page = visitor()
    arrive(page, study)
    press(page, "link", "Begin with the first lesson")
    for lesson in load_content("en").lessons.values():
        walk.heading(page, lesson.title)
        choose_by_keys(page, 1)
        press(page, "button", "Answer")
        expect(page.get_by_role("status")).to_be_visible()
        press(page, "link", re.compile("^Next lesson|^Go on$"))
    press(page, "link", "Go to the examination")
    sit_by_keys(page, wrong=4)
    walk.heading(page, "Not passed this time")
    walk.try_again(page)
    sit_by_keys(page, wrong=0)
    press(page, "link", "Go on to the chat")
    in_lobby(page)


def test_the_page_says_so_when_the_next_attempt_opens(visitor: Visitor, server: Live) -> None:
    study = server.study(cool_down=4)
    page = visitor(size=PHONE)
    arrive(page, study)
    walk.examination(page, wrong=3)
    expect(page.get_by_text("Your next attempt opens in 1 minute.")).to_be_visible()
    expect(page.get_by_text("Your next attempt is open now.")).to_be_visible()
    expect(page.get_by_text("Your next attempt opens in")).to_be_hidden()
    page.get_by_role("link", name="To the examination", exact=True).click()
    expect(page.get_by_role("button", name="Begin the examination")).to_be_visible()


def test_lessons_and_questions_are_where_they_were_left(study: Study, visitor: Visitor) -> None:
    page = visitor()
    arrive(page, study)
    page.get_by_role("link", name="Begin with the first lesson").click()
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Answer").click()
    page.goto(study.supporter)
    expect(page.get_by_text("1 of 13 lessons done")).to_be_visible()
    expect(page.get_by_role("link", name="Go on with “Comforting”")).to_be_visible()


def test_a_reload_shows_the_same_question_and_a_second_tab_cannot_answer_it_twice(
    study: Study, visitor: Visitor, watch: Watch
) -> None:
    watch.expected_statuses.add(409)
    page = visitor()
    arrive(page, study)
    walk.learn(page)
    page.get_by_role("link", name="Go to the examination").first.click()
    page.get_by_role("button", name="Begin the examination").click()
    walk.heading(page, "Question 1 of 13")
    before = walk.asked(page)
    page.reload()
    assert walk.asked(page) == before
    other = page.context.new_page()
    other.goto(page.url)
    assert walk.asked(other) == before
    walk.answer_question(page)
    walk.heading(page, "Question 2 of 13")
    walk.answer_question(other, right=False)
    expect(other.get_by_role("alert")).to_contain_text("Your first answer stands")
    walk.heading(other, "Question 2 of 13")
    assert walk.asked(other) == walk.asked(page)


def test_an_attempt_opens_no_socket_and_asks_for_nothing_but_its_pages(study: Study, visitor: Visitor) -> None:
    """What a page can leak, it has to be sent: there is no second way on which anything comes."""
    page = visitor()
    arrive(page, study)
    walk.learn(page)
    asked_for: list[str] = []
    page.on("websocket", lambda socket: asked_for.append(socket.url))
    page.on("request", lambda request: asked_for.append(urlsplit(request.url).path))
    page.get_by_role("link", name="Go to the examination").first.click()
    walk.sit(page)
    pages = {f"/study/{study.slug}/examination/", f"/study/{study.slug}/examination/result/"}
    assert {path for path in asked_for if not path.startswith("/static/")} == pages


def test_an_answer_has_to_be_chosen(study: Study, visitor: Visitor, watch: Watch) -> None:
    watch.expected_statuses.add(409)
    page = visitor(size=PHONE)
    arrive(page, study)
    page.get_by_role("link", name="Begin with the first lesson").click()
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_role("alert")).to_contain_text("Please choose one of the answers.")
    good_page(page)


def test_practice_in_the_real_chat_with_its_picker_and_remarks(study: Study, visitor: Visitor) -> None:
    page = visitor(size=PHONE)
    arrive(page, study)
    walk.practise(page, look=lambda page, name: good_page(page))
    expect(page.get_by_role("region", name="Your last practice")).to_contain_text("before you asked what is wrong")
    page.get_by_role("link", name="Back to the overview").click()
    walk.heading(page, "How to support somebody")


def test_practice_ends_when_its_person_likes(study: Study, visitor: Visitor) -> None:
    page = visitor()
    arrive(page, study)
    page.get_by_role("link", name="About the practice chat").click()
    page.get_by_role("button", name="Begin to practise").click()
    expect(page.get_by_role("log").get_by_role("listitem")).to_have_count(1)
    page.get_by_role("button", name="End the practice").click()
    page.get_by_role("button", name="Yes, end it").click()
    expect(page.get_by_text("You have ended the practice.")).to_be_visible()
    page.get_by_role("link", name="Go on", exact=True).click()
    walk.heading(page, "How to support somebody")


def test_the_gate_needs_no_javascript(study: Study, visitor: Visitor) -> None:
    page = visitor(scripts=False)
    arrive(page, study)
    walk.pass_gate(page)
    page.wait_for_url("**/lobby/")
