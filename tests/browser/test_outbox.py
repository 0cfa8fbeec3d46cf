"""The page's outbox and log, as modules: what is sent when, and after which position a page asks to be told."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visitor
from tests.browser.live import Live

OUTBOX = """async (steps) => {
  const { Outbox } = await import("/static/chat/outbox.js");
  window.setTimeout = (run) => ((window.later = run), 1);  // time passes when a test says so
  window.clearTimeout = () => (window.later = null);
  const sent = [];
  const outbox = new Outbox({
    send: ({ text }) => (sent.push(text), true),
    changed: () => undefined,
    kept: { read: () => [], write: () => undefined },
  });
  const id = (text) => ids[text] ?? "of another page";
  const ids = {};
  for (const [step, text] of steps) {
    if (step === "add") outbox.add({ text });
    if (step === "wait") window.later?.();
    if (step === "reconnect") outbox.flush();
    if (["acknowledged", "refused", "busy"].includes(step)) outbox[step](id(text));
    for (const message of outbox.messages) ids[message.text] = message.client_id;
  }
  return sent;
}"""

AFTER = """async (positions) => {
  const { Log } = await import("/static/chat/log.js");
  return Object.getOwnPropertyDescriptor(Log.prototype, "lastPosition").get.call({ positions: new Map(positions) });
}"""


@pytest.fixture
def page(server: Live, visitor: Visitor) -> Page:
    page: Page = visitor()
    page.goto(server.url)
    return page


@pytest.mark.parametrize(
    ("steps", "sent"),
    [
        ("add a, add b", "a"),  # one is out at a time
        ("add a, add b, acknowledged a", "a b"),
        ("add a, wait", "a a"),  # no answer: once more
        ("add a, reconnect, acknowledged a", "a a"),
        ("add a, add b, reconnect, acknowledged a, acknowledged a", "a a b"),  # two answers to two copies of a: one b
        ("add a, add b, acknowledged a, acknowledged a, wait", "a b b"),  # b's own clock goes on
        ("add a, busy a, wait, busy a, wait, acknowledged a", "a a a"),
        ("add a, busy a, add b", "a"),  # b does not overtake, and a does not hurry
        ("add a, add b, refused a", "a"),
        ("add a, acknowledged c, add b", "a"),
    ],
)
def test_every_message_is_sent_until_it_has_an_answer_and_not_once_more(page: Page, steps: str, sent: str) -> None:
    assert page.evaluate(OUTBOX, [step.split() for step in steps.split(", ")]) == sent.split()


@pytest.mark.parametrize(
    ("known", "after"),
    [
        ([], 0),
        ([1, 2, 3], 3),
        ([1, 3], 1),  # its own third message was acknowledged before the partner's second one came
        ([2], 0),
    ],
)
def test_a_page_asks_for_everything_after_the_first_gap(page: Page, known: list[int], after: int) -> None:
    positions: list[Any] = [[position, None] for position in known]
    assert page.evaluate(AFTER, positions) == after
