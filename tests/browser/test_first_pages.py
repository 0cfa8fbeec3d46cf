"""The first pages of a participant's way in a real browser: looks, keyboard, and what happens without JavaScript."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser import walk
from tests.browser.checks import good_page
from tests.browser.conftest import PHONE, Visitor
from tests.browser.live import Live, Study
from tests.browser.watch import Watch


def press_until_focused(page: Page, name: str, key: str = "Tab") -> None:
    """Press the key until the control of that name has the focus."""
    for _ in range(40):
        focused = page.evaluate("document.activeElement.labels?.[0]?.innerText ?? document.activeElement.innerText")
        if focused and focused.strip() == name:
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} never reaches {name!r} on {page.url}")


def test_arrival_consent_and_role_are_good_pages(study: Study, visitor: Visitor) -> None:
    page = visitor()
    page.goto(study.either)
    assert page.url.endswith(f"/study/{study.slug}/consent/")
    good_page(page)
    walk.consent(page)
    walk.heading(page, "Which part do you want to take?")
    good_page(page)


def test_on_a_phone_they_fit_and_are_as_good(study: Study, visitor: Visitor) -> None:
    page = visitor(size=PHONE)
    page.goto(study.either)
    good_page(page)
    page.get_by_role("link", name="I do not want to take part").click()
    walk.heading(page, "That is fine")
    good_page(page)
    page.get_by_role("link", name="Go back and read it again").click()
    walk.consent(page)
    walk.heading(page, "Which part do you want to take?")
    good_page(page)
    page.get_by_role("link", name="If you are in danger").click()
    walk.heading(page, "If you are in danger")
    page.get_by_text("Helplines in other countries").click()
    good_page(page)


def test_consent_is_given_with_the_keyboard_alone(study: Study, visitor: Visitor) -> None:
    page = visitor()
    page.goto(study.seeker)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    for name in page.get_by_role("checkbox").evaluate_all("boxes => boxes.map(box => box.labels[0].innerText.trim())"):
        press_until_focused(page, name)
        page.keyboard.press("Space")
    press_until_focused(page, "I agree and go on")
    page.keyboard.press("Enter")
    walk.heading(page, "What is on your mind?")


def test_a_refused_consent_keeps_its_ticks_and_says_why(study: Study, visitor: Visitor, watch: Watch) -> None:
    watch.expected_statuses.add(409)
    page = visitor()
    page.goto(study.seeker)
    first, *others = page.get_by_role("checkbox").all()
    first.check()
    page.get_by_role("button", name="I agree and go on").click()
    expect(page.get_by_role("alert")).to_contain_text("tick every box")
    expect(first).to_be_checked()
    for box in others:
        expect(box).not_to_be_checked()
    good_page(page)


def test_consent_and_role_need_no_javascript(study: Study, visitor: Visitor) -> None:
    page = visitor(scripts=False)
    page.goto(study.either)
    walk.consent(page)
    page.get_by_role("button", name="I want to listen").click()
    page.wait_for_url("**/training/")


def test_coming_back_with_the_same_link_lands_where_the_person_left_off(study: Study, visitor: Visitor) -> None:
    page = visitor()
    page.goto(study.either)
    walk.consent(page)
    walk.heading(page, "Which part do you want to take?")
    page.goto(study.either)
    walk.heading(page, "Which part do you want to take?")


def test_pages_for_whoever_is_nobody_here_are_good_pages(
    study: Study, server: Live, visitor: Visitor, watch: Watch
) -> None:
    watch.expected_statuses.update({403, 404})
    page = visitor(size=PHONE)
    for address, words in {
        "/": "Conversations that help",
        f"/study/{study.slug}/lobby/": "We do not know you here yet",
        "/join/nothing/": "There is no such page",
    }.items():
        page.goto(server.url + address)
        walk.heading(page, words)
        good_page(page)


def test_whoever_waits_finds_help_in_a_new_tab_and_the_code_is_copied_with_one_tap(
    study: Study, visitor: Visitor
) -> None:
    page = visitor(size=PHONE)
    page.goto(study.seeker)
    walk.consent(page)
    walk.survey_before(page)
    walk.heading(page, "We are looking for your partner")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="If you are in danger (opens in a new tab)").click()
    walk.heading(opened.value, "If you are in danger")
    walk.heading(page, "We are looking for your partner")
    page.get_by_role("button", name="Stop waiting and finish").click()
    walk.heading(page, "Thank you")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("The code is copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "ESC-NO-PARTNER"
    good_page(page)
