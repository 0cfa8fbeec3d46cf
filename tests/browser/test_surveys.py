"""The surveys in a real browser: said in words at once, kept while they are filled in, and confirmed."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from tests.browser import walk
from tests.browser.checks import good_page
from tests.browser.conftest import PHONE, Visitor
from tests.browser.live import Study
from tests.browser.watch import Watch

STRENGTH = "How strong is this feeling right now?"
SITUATION = "\n  They cut my hours twice.\n\nI do not sleep. "


def before_the_chat(page: Page, study: Study) -> Page:
    """A seeker on the questions before the chat."""
    page.goto(study.scripted)
    walk.consent(page)
    walk.heading(page, "What is on your mind?")
    return page


def situation(page: Page) -> str:
    return page.get_by_label("What happened?").input_value()


def saved(page: Page) -> None:
    expect(page.get_by_text("Saved. You can close this page")).to_be_visible()


def test_every_answer_on_a_scale_is_said_in_words_at_once(study: Study, visitor: Visitor) -> None:
    page = before_the_chat(visitor(), study)
    scale = page.get_by_role("group", name=STRENGTH)
    walk.choose(page, STRENGTH, "5")
    expect(scale.get_by_text("You rated your feeling 5 of 5: overwhelming.")).to_be_visible()
    walk.choose(page, "Which feeling is the strongest", "Anxiety")
    expect(scale.get_by_text("You rated your anxiety 5 of 5: overwhelming.")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    expect(scale.get_by_text("You rated your anxiety 4 of 5: strong.")).to_be_visible()


def test_what_was_filled_in_is_there_again_in_another_tab(study: Study, visitor: Visitor) -> None:
    page = before_the_chat(visitor(size=PHONE), study)
    walk.choose(page, STRENGTH, "4")
    saved(page)
    page.get_by_label("What happened?").fill(SITUATION)
    page.get_by_role("link", name="If you are in danger", exact=True).click()  # leaves before the next save is due
    walk.heading(page, "If you are in danger")
    other = page.context.new_page()
    other.goto(page.url.replace("/help/", "/survey/before/"))
    expect(other.get_by_label("What happened?")).to_have_value(SITUATION)
    expect(other.get_by_role("group", name=STRENGTH).get_by_text("4 of 5: strong")).to_be_visible()
    good_page(other)


def test_a_save_that_fails_is_told_and_made_good(study: Study, visitor: Visitor, watch: Watch) -> None:
    watch.expected_statuses.add(503)
    page = before_the_chat(visitor(), study)

    def fail(route: Route) -> None:
        route.fulfill(status=503)

    page.route("**/draft/", fail)
    page.get_by_label("What happened?").fill(SITUATION)
    expect(page.get_by_text("Not saved yet.")).to_be_visible()
    page.unroute("**/draft/", fail)
    saved(page)
    page.reload()
    assert situation(page) == SITUATION


def test_a_reload_that_overtakes_the_save_loses_nothing(study: Study, visitor: Visitor) -> None:
    page = before_the_chat(visitor(), study)
    for text in ("They cut my", SITUATION):
        page.get_by_label("What happened?").fill(text)
        walk.choose(page, "Which feeling is the strongest", "Shame")
        walk.choose(page, STRENGTH, "2")
        page.reload()
        assert situation(page) == text
        expect(page.get_by_text("You rated your shame 2 of 5: mild.")).to_be_visible()
        saved(page)


def test_a_faulty_form_names_each_question_and_brings_the_focus_there(
    study: Study, visitor: Visitor, watch: Watch
) -> None:
    watch.expected_statuses.add(422)
    page = before_the_chat(visitor(size=PHONE), study)
    page.get_by_label("What happened?").fill("Too short.")
    page.get_by_role("button", name="Go on to the chat").click()
    summary = page.get_by_role("heading", name="Please look at these questions again.")
    expect(page.locator("[autofocus]").filter(has=summary)).to_be_focused()
    good_page(page)
    page.get_by_role("link", name="What happened?").click()
    expect(page.get_by_label("What happened?")).to_be_focused()
    expect(page.get_by_label("What happened?")).to_have_accessible_description(re.compile("at least 20 characters"))
    assert situation(page) == "Too short."


def test_a_change_can_be_changed_before_it_is_confirmed(study: Study, visitor: Visitor) -> None:
    page = before_the_chat(visitor(), study)
    walk.survey_before(page, intensity=4)
    walk.in_chat(page)
    walk.talk_with_script(page)
    walk.end_chat(page)
    walk.choose(page, "Think of the feeling you named before the chat.", "5")
    walk.choose(page, "How well did your partner understand", "3")
    walk.choose(page, "How much did your partner's messages", "2")
    page.get_by_role("button", name="Go on").click()
    walk.heading(page, "Is this right?")
    expect(page.get_by_text("That means it rose.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Now: 5 (overwhelming).")).to_be_visible()
    page.go_back()
    walk.heading(page, "How was it for you?")
    page.go_forward()
    page.get_by_role("link", name="No, let me change it").click()
    empathy = page.get_by_role("group", name="How well did your partner understand")
    expect(empathy.get_by_role("radio", name="3")).to_be_checked()
    walk.choose(page, "Think of the feeling you named before the chat.", "1")
    page.get_by_role("button", name="Go on").dblclick()
    expect(page.get_by_text("That means it fell.")).to_be_visible()
    page.get_by_role("button", name="Yes, that is right").click()
    walk.heading(page, "One more conversation?")


def test_the_questions_need_no_javascript(study: Study, visitor: Visitor, watch: Watch) -> None:
    watch.expected_statuses.add(422)
    page = before_the_chat(visitor(scripts=False), study)
    page.get_by_label("What happened?").fill(SITUATION)
    page.get_by_role("button", name="Go on to the chat").click()
    assert situation(page) == SITUATION
    walk.survey_before(page)
    walk.heading(page, "We are looking for your partner")
