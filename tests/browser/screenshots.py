"""`make screenshots`: a picture of every page into var/screenshots, light and dark, on a phone and on a desktop."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import walk
from tests.browser.conftest import DESKTOP, PHONE, Visitor
from tests.browser.live import Live, Study
from tests.browser.talk import TALK
from tests.browser.watch import Watch

FOLDER = Path(__file__).resolve().parents[2] / "var" / "screenshots"
SIZES = {"phone": PHONE, "desktop": DESKTOP}
THEMES = ("light", "dark")
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass
class Album:
    """Takes four pictures of each page it is shown."""

    names: list[str] = field(default_factory=list)

    def __call__(self, page: Page, name: str) -> None:
        if name in self.names:
            return
        self.names.append(name)
        before = page.viewport_size
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            for theme in THEMES:
                page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
                page.evaluate(PAINTED)
                page.screenshot(path=FOLDER / f"{name}-{theme}-{size}.png", full_page=True, animations="disabled")
        page.emulate_media(color_scheme="null", reduced_motion="null")
        if before:
            page.set_viewport_size(before)

    def write_index(self) -> None:
        """All pictures on one page, each page's four side by side."""
        rows = []
        for name in self.names:
            files = [f"{name}-{theme}-{size}.png" for size in SIZES for theme in THEMES]
            pictures = "".join(f'<a href="{file}"><img src="{file}" alt="{file}" width="300"></a> ' for file in files)
            rows.append(f"<h2>{html.escape(name)}</h2>\n<p>{pictures}</p>\n")
        page = (
            f"<!DOCTYPE html>\n<html lang=en><meta charset=utf-8><title>Screenshots</title>\n{''.join(rows)}</html>\n"
        )
        (FOLDER / "index.html").write_text(page, encoding="utf-8")


def test_every_page_has_its_picture(server: Live, study: Study, visitor: Visitor, watch: Watch) -> None:
    watch.expected_statuses.update({400, 403, 404, 409, 422})
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    album = Album()
    pages_of_no_step(server, study, visitor(), album)
    first_steps_and_refusals(study, visitor(), album)
    who_does_not_pass(study, visitor(), album)
    who_waits_for_the_next_attempt(server.study(cool_down=120), visitor(), album)
    who_leaves_the_lobby(study, visitor(), album)
    a_whole_conversation(study, visitor(), visitor(), album)
    a_conversation_with_a_program(study, visitor(), album)
    the_research_area(server, visitor(), album)
    album.write_index()


def pages_of_no_step(server: Live, study: Study, page: Page, album: Album) -> None:
    for name, address in {"home": "/", "refused": f"/study/{study.slug}/lobby/", "404": "/join/nothing/"}.items():
        page.goto(server.url + address)
        album(page, name)


def first_steps_and_refusals(study: Study, page: Page, album: Album) -> None:
    """Consent with all that can go wrong there, the role, and help."""
    page.goto(study.either)
    page.get_by_role("link", name="I do not want to take part").click()
    walk.heading(page, "That is fine")
    album(page, "declined")
    page.get_by_role("link", name="Go back and read it again").click()
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="I agree and go on").click()
    expect(page.get_by_role("alert")).to_be_visible()
    album(page, "consent-refused")
    page.context.clear_cookies(name="csrftoken")
    page.get_by_role("button", name="I agree and go on").click()
    walk.heading(page, "This page was open for too long")
    album(page, "stale-form")
    page.goto(study.either)
    walk.consent(page, country="Germany")
    walk.heading(page, "Which part do you want to take?")
    album(page, "role")
    page.get_by_role("link", name="If you are in danger").click()
    walk.heading(page, "If you are in danger")
    album(page, "help")
    page.get_by_text("Helplines in other countries").click()
    album(page, "help-open")


def who_does_not_pass(study: Study, page: Page, album: Album) -> None:
    page.goto(study.supporter)
    walk.consent(page)
    walk.heading(page, "How to support somebody")
    walk.practise(page, look=album)
    page.get_by_role("link", name="Back to the overview").click()
    page.get_by_role("link", name="Begin with the first lesson").click()
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_role("alert")).to_be_visible()
    album(page, "lesson-refused")
    page.get_by_role("link", name="All lessons").click()
    walk.examination(page, wrong=5, look=album)
    album(page, "result-not-passed")
    for _ in range(2):
        page.goto(study.supporter)
        page.get_by_role("link", name="Go to the examination").first.click()
        walk.until_it_opens(page)
        walk.sit(page, wrong=5, look=album)
    album(page, "result-last-attempt")
    page.get_by_role("link", name="Go to the last page").click()
    walk.heading(page, "Thank you")
    album(page, "finish-failed-training")


def who_waits_for_the_next_attempt(study: Study, page: Page, album: Album) -> None:
    page.goto(study.supporter)
    walk.consent(page)
    walk.examination(page, wrong=5)
    album(page, "result-waits")
    page.get_by_role("link", name="Go to the examination").click()
    album(page, "examination-waits")
    page.get_by_role("link", name="Back to the lessons").click()
    album(page, "training-waits")


def who_leaves_the_lobby(study: Study, page: Page, album: Album) -> None:
    page.goto(study.seeker)
    walk.consent(page)
    walk.heading(page, "What is on your mind?")
    page.get_by_role("button", name="Go on to the chat").click()
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    album(page, "survey-before-refused")
    walk.survey_before(page)
    expect(page.get_by_text("You are in the queue.")).to_be_visible()
    album(page, "lobby-seeker")
    page.get_by_role("button", name="Stop waiting and finish").click()
    walk.heading(page, "Thank you")
    album(page, "finish-no-conversation")


def a_whole_conversation(study: Study, sam: Page, pat: Page, album: Album) -> None:
    pat.goto(study.supporter)
    walk.consent(pat, look=album)
    walk.pass_gate(pat, look=album)
    expect(pat.get_by_text("You are in the queue.")).to_be_visible()
    album(pat, "lobby-supporter")
    sam.goto(study.seeker)
    walk.consent(sam, country="Germany")
    walk.survey_before(sam, look=album)
    for page in (sam, pat):
        walk.in_chat(page)
    album(sam, "chat-seeker-empty")
    album(pat, "chat-supporter-empty")
    for number, exchange in enumerate(TALK, start=1):
        walk.chat_say(sam, exchange.said)
        walk.chat_hear(pat, exchange.said)
        if number == 3:
            album(pat, "chat-supporter-picker")
            walk.choose_strategy(pat, exchange.strategy)
            album(pat, "chat-supporter-chosen")
        walk.chat_say(pat, exchange.answered, exchange.strategy)
        walk.chat_hear(sam, exchange.answered)
        if number % 2 == 0:
            album(sam, "chat-seeker-rating")
            walk.rate(sam, 4)
        if number == 5:
            album(sam, "chat-seeker")
    pat.get_by_role("button", name="Suggest ending the chat").click()
    album(pat, "chat-supporter-end-dialog")
    pat.get_by_role("button", name="Yes, suggest it").click()
    expect(sam.get_by_text("Your partner suggests ending the chat.")).to_be_visible()
    album(sam, "chat-seeker-proposal")
    album(pat, "chat-supporter-proposal")
    walk.end_chat(sam, look=album)
    walk.go_on_after_chat(pat)
    walk.survey_after_seeker(sam, words="That somebody asked.", look=album)
    walk.survey_after_supporter(pat, words="Not giving advice too early.", look=album)
    walk.finish(sam, look=album)


def a_conversation_with_a_program(study: Study, page: Page, album: Album) -> None:
    page.goto(study.scripted)
    walk.consent(page)
    walk.survey_before(page)
    walk.in_chat(page)
    walk.chat_say(page, TALK[0].said)
    page.get_by_text("Your partner is writing…").wait_for()
    album(page, "chat-program-typing")
    expect(walk.utterances(page)).to_have_count(2)
    album(page, "chat-program")


def the_research_area(server: Live, page: Page, album: Album) -> None:
    page.goto(f"{server.url}/admin/")
    album(page, "admin-login")
    page.get_by_label("Username").fill("researcher")
    page.get_by_label("Password").fill(server.password)
    page.get_by_role("button", name="Log in").click()
    walk.heading(page, "Research")
    album(page, "admin-home")
    for name, address in {
        "admin-studies": "studies/study/",
        "admin-study": "studies/study/1/change/",
        "admin-conversations": "chat/conversation/",
        "admin-verdicts": "qc/verdict/",
        "admin-trainees": "tutorial/trainee/",
        "admin-training-by-day": "tutorial/trainee/by-day/",
        "admin-training-questions": "tutorial/trainee/questions/",
        "admin-attempts": "tutorial/examattempt/",
    }.items():
        page.goto(f"{server.url}/admin/{address}")
        album(page, name)
    page.locator("#result_list tbody th a").first.click()
    walk.heading(page, "View exam attempt")
    album(page, "admin-attempt")
    page.goto(f"{server.url}/admin/tutorial/trainee/?training=failed")
    page.locator("#result_list tbody th a").first.click()
    walk.heading(page, "View person in training")
    album(page, "admin-trainee")
    page.get_by_role("link", name="Reset the training…").click()
    album(page, "admin-training-reset")
    page.goto(f"{server.url}/admin/chat/conversation/")
    page.get_by_role("row").filter(has_text="ended_by_seeker").get_by_role("link").first.click()
    page.wait_for_url("**/change/")
    album(page, "admin-conversation")
