"""A chat whose network comes and goes: nothing that was written is lost, doubled or out of order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser import walk
from tests.browser.conftest import PHONE, Visitor
from tests.browser.live import Live

GONE = "The connection is gone."


@dataclass
class Network:
    """The way between one page and the chat's socket, which a test can cut, mend and make lose answers."""

    up: bool = True
    lost_acks: int = 0  # how many of the next acknowledgements get lost on the way
    sockets: list[WebSocketRoute] = field(default_factory=list)

    def over(self, page: Page) -> None:
        page.route_web_socket("**/ws/chat/**", self._connect)

    def _connect(self, page_side: WebSocketRoute) -> None:
        if not self.up:
            page_side.close(code=1001)
            return
        self.sockets.append(page_side)
        server_side = page_side.connect_to_server()
        server_side.on_message(lambda text: self._pass_on(page_side, text))

    def _pass_on(self, page_side: WebSocketRoute, text: str | bytes) -> None:
        if self.lost_acks and '"ack"' in str(text):
            self.lost_acks -= 1
        else:
            page_side.send(text)

    def cut(self) -> None:
        self.up = False
        for socket in self.sockets:
            socket.close(code=1001)
        self.sockets.clear()

    def mend(self) -> None:
        self.up = True


@dataclass
class Chat:
    sam: Page
    pat: Page
    network: Network  # Sam's


@pytest.fixture(scope="module")
def seats(server: Live) -> Iterator[dict[str, Any]]:
    """Paired conversations that are open for chat, one for each test."""
    server.manage("create_study", "--slug", "connections", "--rehearsal", "--open")
    printed = server.manage("rehearsal_seats", "--study", "connections", "--pairs", "10")
    return iter([json.loads(line) for line in printed.splitlines()])


@pytest.fixture
def chat(server: Live, seats: Iterator[dict[str, Any]], visitor: Visitor) -> Chat:
    """Sam and Pat in a chat; Sam on a phone, by a network that can be cut."""
    sam, pat, network, pair = visitor(size=PHONE), visitor(), Network(), next(seats)
    network.over(sam)
    for page, role in ((sam, "seeker"), (pat, "supporter")):
        name, value = pair[role]["cookie"].split("=", 1)
        page.context.add_cookies([{"name": name, "value": value, "url": server.url}])
        page.goto(f"{server.url}/study/connections/chat/{pair['conversation']}/")
    expect(sam.get_by_text("Your partner is here.")).to_be_visible()
    return Chat(sam, pat, network)


def write(page: Page, text: str) -> None:
    walk.message(page).fill(text)
    page.get_by_role("button", name="Send").click()


def state_of(page: Page, text: str) -> str:
    return walk.utterances(page).filter(has_text=text).get_attribute("data-state") or ""


def test_what_is_written_while_the_network_is_gone_is_sent_when_it_is_back(chat: Chat) -> None:
    walk.chat_say(chat.sam, "Before the cut.")
    chat.network.cut()
    expect(chat.sam.get_by_text(GONE)).to_be_visible()
    for text in ("First after the cut.", "Second after the cut."):
        write(chat.sam, text)
        assert state_of(chat.sam, text) == "sending"
    walk.chat_say(chat.pat, "Are you still there?", "Question")
    chat.network.mend()
    for text in ("First after the cut.", "Second after the cut."):
        expect(walk.utterances(chat.sam).filter(has_text=text)).to_contain_text("sent")
    expect(chat.sam.get_by_text(GONE)).to_be_hidden()
    expect(walk.utterances(chat.pat)).to_have_count(4)
    expect(walk.utterances(chat.sam)).to_have_count(4)
    for page in (chat.sam, chat.pat):
        texts = walk.utterances(page).locator("[data-text]").all_text_contents()
        assert texts == [
            "Before the cut.",
            "Are you still there?",
            "First after the cut.",
            "Second after the cut.",
        ]


def test_a_reload_keeps_the_draft_and_what_was_not_sent_yet(chat: Chat) -> None:
    chat.network.cut()
    expect(chat.sam.get_by_text(GONE)).to_be_visible()
    write(chat.sam, "Written without a network.")
    walk.message(chat.sam).fill("Half a thou")
    chat.sam.reload()
    expect(walk.message(chat.sam)).to_have_value("Half a thou")
    assert state_of(chat.sam, "Written without a network.") == "sending"
    chat.network.mend()
    expect(walk.utterances(chat.sam).filter(has_text="Written without")).to_contain_text("sent")
    walk.chat_hear(chat.pat, "Written without a network.")
    chat.sam.reload()
    expect(walk.message(chat.sam)).to_have_value("Half a thou")
    expect(walk.utterances(chat.sam)).to_have_count(1)
    expect(walk.utterances(chat.pat)).to_have_count(1)


def test_a_lost_acknowledgement_neither_loses_nor_doubles_a_message(chat: Chat) -> None:
    chat.network.lost_acks = 1
    write(chat.sam, "Was this one taken?")
    walk.chat_hear(chat.pat, "Was this one taken?")
    assert state_of(chat.sam, "Was this one taken?") == "sending"
    chat.network.cut()
    chat.network.mend()
    expect(walk.utterances(chat.sam).filter(has_text="Was this one taken?")).to_contain_text("sent")
    walk.chat_say(chat.sam, "And this one?")
    for page in (chat.sam, chat.pat):
        expect(walk.utterances(page)).to_have_count(2)


def test_two_tabs_of_one_person_stay_in_step(chat: Chat) -> None:
    second = chat.sam.context.new_page()
    second.goto(chat.sam.url)
    walk.chat_say(chat.sam, "From the first tab.")
    walk.chat_hear(second, "From the first tab.")
    walk.chat_say(second, "From the second tab.")
    walk.chat_hear(chat.sam, "From the second tab.")
    walk.chat_say(chat.pat, "I read both.", "Affirmation and Reassurance")
    for page in (chat.sam, second):
        expect(walk.utterances(page)).to_have_count(3)
    second.close()
    expect(chat.pat.get_by_text("Your partner is here.")).to_be_visible()
    walk.end_chat(chat.sam)
    expect(chat.pat.get_by_text("The chat has ended")).to_be_visible()


def test_the_end_clears_what_the_browser_kept(chat: Chat) -> None:
    walk.message(chat.sam).fill("Never sent")
    walk.end_chat(chat.sam)
    kept = chat.sam.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('chat.'))")
    assert kept == []
