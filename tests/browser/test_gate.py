"""The supporter's gate in a real browser: with a keyboard, over a reload, without JavaScript, on a phone."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser import walk
from tests.browser.checks import good_page
from tests.browser.conftest import PHONE, Visitor
from tests.browser.live import Study
from tests.browser.watch import Watch


def open_examination(page: Page, study: Study) -> None:
    """From the supporter's link to the empty examination."""
    page.goto(study.supporter)
    walk.consent(page)
    page.get_by_role("link", name="Go to the examination").click()
    walk.heading(page, "Examination")


def question(page: Page, number: int) -> Locator:
    return page.get_by_role("group", name=f"Question {number} of 8")


def test_strategies_examination_and_both_results_are_good_pages(study: Study, visitor: Visitor) -> None:
    for size in (PHONE, (1280, 900)):
        page = visitor(size=size)
        page.goto(study.supporter)
        walk.consent(page)
        walk.examination(page, right=3, look=lambda page, name: good_page(page))
        walk.heading(page, "Not passed this time")
        good_page(page)
        page.get_by_role("link", name="Read the strategies again").click()
        walk.examination(page)
        walk.heading(page, "You passed")
        good_page(page)


def test_a_reload_keeps_what_was_chosen(study: Study, visitor: Visitor) -> None:
    page = visitor()
    open_examination(page, study)
    question(page, 1).get_by_role("radio", name="Question", exact=True).check()
    question(page, 5).get_by_role("radio", name="Others").check()
    expect(page.get_by_text("2 of 8 answered")).to_be_visible()
    page.reload()
    expect(question(page, 1).get_by_role("radio", name="Question", exact=True)).to_be_checked()
    expect(question(page, 5).get_by_role("radio", name="Others")).to_be_checked()
    expect(page.get_by_text("2 of 8 answered")).to_be_visible()
    page.get_by_role("link", name="Back to the strategies").click()
    page.get_by_role("link", name="Go on with the examination").click()
    expect(question(page, 5).get_by_role("radio", name="Others")).to_be_checked()


def test_the_next_attempt_begins_empty(study: Study, visitor: Visitor) -> None:
    page = visitor()
    page.goto(study.supporter)
    walk.consent(page)
    walk.examination(page, right=0)
    page.get_by_role("link", name="Try again now").click()
    expect(page.get_by_text("0 of 8 answered")).to_be_visible()
    expect(page.get_by_role("radio", checked=True)).to_have_count(0)


def test_a_forgotten_question_is_named_and_reached_by_its_link(study: Study, visitor: Visitor, watch: Watch) -> None:
    watch.expected_statuses.add(409)
    page = visitor(size=PHONE)
    open_examination(page, study)
    for number in (1, 2, 3, 4, 6, 7, 8):
        question(page, number).get_by_role("radio", name="Information").check()
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("alert")).to_contain_text("One question has no answer yet")
    expect(page.get_by_role("radio", checked=True)).to_have_count(7)
    good_page(page)
    page.get_by_role("link", name="Question 5").click()
    expect(question(page, 5)).to_be_in_viewport()
    question(page, 5).get_by_role("radio", name="Others").check()
    page.get_by_role("button", name="Hand in").click()
    walk.heading(page, re.compile("^You passed$|^Not passed"))


def test_the_gate_is_passed_with_the_keyboard_alone(study: Study, visitor: Visitor) -> None:
    page = visitor()
    open_examination(page, study)
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="The strategies and their definitions")).to_be_visible()
    good_page(page)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    for _ in range(8):  # a group of radios is one stop; the arrow chooses
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
    expect(page.get_by_text("8 of 8 answered")).to_be_visible()
    expect(page.get_by_role("button", name="Hand in")).to_be_focused()
    page.keyboard.press("Enter")
    walk.heading(page, "Not passed this time")


def test_the_gate_needs_no_javascript(study: Study, visitor: Visitor) -> None:
    page = visitor(scripts=False)
    page.goto(study.supporter)
    walk.consent(page)
    walk.pass_gate(page)
    page.wait_for_url("**/lobby/")
