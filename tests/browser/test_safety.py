"""Danger, leaving and reporting, as people see them: on a phone, in the dark, with and without scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import walk
from tests.browser.checks import good_page
from tests.browser.conftest import DESKTOP, PHONE, Visitor
from tests.browser.live import Study

GRAVE = "Sometimes I want to die."
HELP = "If you or somebody near you is in danger"
PANEL = "You are not alone with this"


def meet(study: Study, sam: Page, pat: Page) -> None:
    """Both are in one chat."""
    sam.goto(study.seeker)
    walk.consent(sam, country="Germany")
    walk.survey_before(sam)
    walk.heading(sam, "We are looking for your partner")
    good_page(sam)
    pat.goto(study.supporter)
    walk.consent(pat)
    walk.pass_gate(pat)
    for page in (sam, pat):
        walk.in_chat(page)


@pytest.mark.parametrize("size", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")])
def test_grave_words_bring_help_and_guidance_and_one_can_leave_at_once(
    study: Study, visitor: Visitor, size: tuple[int, int]
) -> None:
    sam, pat = visitor(size=size, touch=size == PHONE), visitor(size=size)
    meet(study, sam, pat)
    walk.chat_say(sam, GRAVE)
    notice = sam.get_by_role("listitem").filter(has_text=HELP)
    expect(notice).to_be_visible()
    expect(notice).to_contain_text("TelefonSeelsorge")
    expect(notice.get_by_role("link", name=re.compile("telefonseelsorge"))).to_be_in_viewport(ratio=1)
    expect(pat.get_by_text("What your partner wrote may mean")).to_be_visible()
    expect(pat.get_by_text(HELP)).to_have_count(0)
    for page in (sam, pat):
        good_page(page)
    walk.newest_in_view(pat)

    notice.get_by_role("button", name="Close").click()
    expect(notice).to_have_count(0)
    sam.reload()
    walk.chat_hear(sam, GRAVE)
    expect(sam.get_by_text(HELP)).to_have_count(0)

    sam.get_by_role("button", name="Leave now").click()
    walk.heading(sam, "You have left")
    expect(sam.get_by_text("TelefonSeelsorge", exact=True)).to_be_visible()
    good_page(sam)
    sam.get_by_role("link", name="Go on to my completion code").click()
    expect(sam.get_by_role("textbox", name="Completion code")).to_have_value("ESC-LEFT-EARLY")
    expect(pat.get_by_role("heading", name="The chat has ended")).to_be_visible()
    expect(pat.get_by_role("button", name="Leave now")).to_have_count(0)
    pat.goto(pat.url)
    expect(pat.get_by_role("heading", name="Take a break first")).to_be_visible()
    good_page(pat)


def test_a_report_is_made_in_a_dialog_with_the_keyboard_alone(study: Study, visitor: Visitor) -> None:
    sam, pat = visitor(), visitor(size=PHONE)
    meet(study, sam, pat)
    pat.get_by_role("link", name="Report my partner").focus()
    pat.keyboard.press("Enter")
    dialog = pat.get_by_role("dialog", name="Report your partner?")
    expect(dialog).to_be_visible()
    good_page(pat)
    pat.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(pat.get_by_role("link", name="Report my partner")).to_be_focused()
    pat.keyboard.press("Enter")
    dialog.get_by_role("button", name="Report and end the chat").click()
    expect(dialog.get_by_role("alert")).to_have_text("Please choose what it is about.")
    expect(dialog.get_by_role("alert")).to_be_in_viewport(ratio=1)
    good_page(pat)
    dialog.get_by_role("radio", name="Sexual remarks").check()
    expect(dialog.get_by_role("alert")).to_be_hidden()
    dialog.get_by_role("button", name="Report and end the chat").click()
    walk.heading(pat, "Thank you for telling us")
    good_page(pat)
    expect(sam.get_by_role("heading", name="The chat has ended")).to_be_visible()


def test_which_key_sends_is_said_only_where_there_are_keys(study: Study, visitor: Visitor) -> None:
    hint = "Enter sends, Shift and Enter makes a new line."
    seen = {}
    for touch in (True, False):
        page = visitor(size=PHONE, touch=touch)
        page.goto(study.scripted)
        walk.consent(page)
        walk.survey_before(page)
        walk.in_chat(page)
        box = page.get_by_text(hint).bounding_box()
        seen[touch] = box is not None and box["width"] > 10
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text("Please write something first.")).to_be_in_viewport()
        good_page(page)
    assert seen == {True: False, False: True}


def test_without_scripts_one_can_leave_the_lobby_and_the_chat(study: Study, visitor: Visitor) -> None:
    page = visitor(scripts=False)
    page.goto(study.seeker)
    walk.consent(page)
    walk.survey_before(page)
    walk.heading(page, "We are looking for your partner")
    page.get_by_role("button", name="Leave now").click()
    walk.heading(page, "You have left")
    page.get_by_role("link", name="Go on to my completion code").click()
    walk.heading(page, "Thank you")


def test_a_grave_answer_shows_help_while_it_is_written_and_on_the_next_page(study: Study, visitor: Visitor) -> None:
    page = visitor(size=PHONE)
    page.goto(study.seeker)
    walk.consent(page, country="Germany")
    walk.heading(page, "What is on your mind?")
    panel = page.get_by_role("region", name=PANEL)
    expect(panel).to_be_hidden()
    page.wait_for_load_state()  # its scripts listen
    page.get_by_label("What happened?").press_sequentially(GRAVE)
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("TelefonSeelsorge")
    good_page(page)
    walk.survey_before(page, situation=f"{GRAVE} I lie awake every night.")
    walk.heading(page, "We are looking for your partner")
    expect(page.get_by_role("heading", name=PANEL)).to_be_visible()
    good_page(page)
