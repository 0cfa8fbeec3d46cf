"""A reminder that comes after its rating (two processes told the page) does not stand in anyone's way."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import Visitor
from tests.browser.live import Live

WELCOME = {"type": "welcome", "protocol": 1, "role": "seeker", "position": 0, "partner_present": True}


class Server:
    """Stands in for the site behind the page's socket: says what it is told to, and hears what the page sends."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    def open(self, socket: WebSocketRoute) -> None:
        self.socket = socket
        socket.on_message(lambda text: self.heard.append(json.loads(text)))
        self.say(**WELCOME, feedback_due=None, utterances=[], notices=[])

    def say(self, **frame: Any) -> None:
        self.socket.send(json.dumps(frame))


@pytest.fixture
def page(server: Live, visitor: Visitor) -> Page:
    """A seeker's browser in a rehearsal."""
    server.manage("create_study", "--slug", "ratings", "--rehearsal", "--open")
    pair = json.loads(server.manage("rehearsal_seats", "--study", "ratings", "--pairs", "1"))
    name, _, value = pair["seeker"]["cookie"].partition("=")
    page: Page = visitor()
    page.context.add_cookies([{"name": name, "value": value, "url": server.url}])
    page.goto(f"{server.url}/study/ratings/")
    return page


def test_a_rating_that_is_not_due_any_more_goes_away_and_messages_go_out(page: Page) -> None:
    site = Server()
    page.route_web_socket(re.compile("/ws/chat/"), site.open)
    page.reload()
    site.say(type="feedback_due", through=3)
    rating = page.locator("[data-rating]")
    rating.get_by_role("button").last.click()
    assert site.heard[-1] == {"type": "feedback", "through": 3, "score": 5}
    site.say(type="refused", code="not_due", message="There is nothing to rate yet.")
    expect(rating).to_be_hidden()
    page.get_by_label("Your message").fill("Where were we?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Where were we?")).to_be_visible()
    assert site.heard[-1]["text"] == "Where were we?"
