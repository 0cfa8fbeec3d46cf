"""Waiting long, and being left: what people see of the clocks, and how they go on, in real browsers."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser import walk
from tests.browser.checks import good_page
from tests.browser.conftest import DESKTOP, PHONE, Theme, Visitor
from tests.browser.live import Live

LOOKS: list[tuple[tuple[int, int], Theme]] = [(DESKTOP, "light"), (PHONE, "dark")]
PICTURES = os.environ.get("PICTURES")  # a folder that takes a picture of each page, for whoever wants to see them


def look(page: Page, name: str) -> None:
    if PICTURES:
        width = (page.viewport_size or {"width": 0})["width"]
        page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True, animations="disabled")
    good_page(page)


@pytest.mark.parametrize(("size", "theme"), LOOKS, ids=["desktop", "phone"])
def test_who_is_left_too_early_goes_to_the_front_and_finds_somebody_else(
    server: Live, visitor: Visitor, size: tuple[int, int], theme: Theme
) -> None:
    study = server.study(reconnect_grace=6)
    sam, pat, rita = (visitor(size=size, theme=theme) for _ in range(3))
    sam.goto(study.seeker)
    walk.consent(sam)
    walk.survey_before(sam, intensity=5)
    for supporter in (pat, rita):
        supporter.goto(study.supporter)
        walk.consent(supporter)
        walk.pass_gate(supporter)
        if supporter is pat:
            walk.in_chat(pat)
            walk.in_chat(sam)
            walk.chat_say(pat, "Hello, how are you today?", "Question")
            walk.chat_hear(sam, "Hello, how are you today?")
            pat.close()
            expect(sam.get_by_role("banner")).to_contain_text(re.compile(r"We wait up to 0:0\d"))
            look(sam, "partner-away")
            expect(sam.get_by_role("heading", name="The chat has ended")).to_be_visible(timeout=20_000)
            expect(sam.get_by_text("Your partner did not come back in time")).to_be_visible()
            look(sam, "ended-left")
            sam.get_by_role("link", name="Choose how to go on").click()
            walk.heading(sam, "Your partner has left")
            look(sam, "left")
            sam.get_by_role("button", name="Go to the front of the queue").click()
            walk.heading(sam, "And now?")
            look(sam, "survey-again")
            walk.choose(sam, "How strong is this feeling right now?", "4")
            sam.get_by_role("button", name="Go to the front of the queue").click()
            walk.heading(sam, "We are looking for your partner")
            expect(sam.get_by_text("You are next")).to_be_visible()
    for page in (sam, rita):
        walk.in_chat(page)


@pytest.mark.parametrize(("size", "theme"), LOOKS, ids=["desktop", "phone"])
def test_who_waits_long_is_asked_and_stops_with_a_code(
    server: Live, visitor: Visitor, size: tuple[int, int], theme: Theme
) -> None:
    study = server.study(lobby=4)
    sam = visitor(size=size, theme=theme)
    sam.goto(study.seeker)
    walk.consent(sam)
    walk.survey_before(sam)
    sam.get_by_label("Play a sound when my partner is here").check()
    expect(sam.get_by_text("You are next")).to_be_visible()
    look(sam, "lobby")
    expect(sam.get_by_role("heading", name="Nobody has come yet")).to_be_visible()
    look(sam, "lobby-asks")
    sam.get_by_role("button", name="Wait on").click()
    expect(sam.get_by_role("button", name="Stop waiting and finish")).to_be_visible()
    expect(sam.get_by_role("button", name="Stop here and get paid")).to_be_visible()
    sam.get_by_role("button", name="Stop here and get paid").click()
    walk.heading(sam, "Thank you")
    expect(sam.get_by_text("1 minute of waiting, at 0.20")).to_be_visible()
    look(sam, "finish-no-partner")
    assert sam.get_by_role("textbox", name="Completion code").input_value() == "ESC-NO-PARTNER"


def test_a_partner_is_found_though_the_push_is_lost(server: Live, visitor: Visitor) -> None:
    """The page asks every now and then: whoever is paired gets into the chat, even where no socket tells."""
    study = server.study()
    sam, pat = visitor(), visitor()
    sam.route_web_socket("**/ws/lobby/**", lose_the_push)
    sam.goto(study.seeker)
    walk.consent(sam)
    walk.survey_before(sam)
    expect(sam.get_by_text("You are next")).to_be_visible()
    pat.goto(study.supporter)
    walk.consent(pat)
    walk.pass_gate(pat)
    walk.in_chat(pat)
    walk.in_chat(sam)


def lose_the_push(socket: WebSocketRoute) -> None:
    """Everything gets through but the news of a partner."""
    server = socket.connect_to_server()
    server.on_message(lambda message: None if "paired" in str(message) else socket.send(message))
