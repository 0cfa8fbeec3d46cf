"""Starts the composed stack with secrets of its own, holds one conversation through it in two browsers, and stops it.

What it makes is called `esc-smoke` and is taken away again, its database included. Usage: make compose-smoke
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser import walk  # noqa: E402
from tests.browser.talk import TALK  # noqa: E402
from tools import browser  # noqa: E402

VERDICT = "from qc.queries import latest_verdicts; print(*latest_verdicts().values_list('decision', flat=True))"


class Stack:
    """The running stack: its address, and its commands."""

    def __init__(self, settings: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._compose = ["docker", "compose", "--project-name", "esc-smoke", "--env-file", str(settings)]

    def run(self, *arguments: str) -> str:
        """What compose prints on its standard output. Raises where it fails."""
        done = subprocess.run([*self._compose, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout

    def manage(self, *arguments: str) -> str:
        return self.run("exec", "-T", "web", "python", "manage.py", *arguments)


@contextlib.contextmanager
def composed() -> Iterator[Stack]:
    """The stack, healthy, for as long as the block runs."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "env"
        settings.write_text(
            f"SECRET_KEY={secrets.token_urlsafe(50)}\nPOSTGRES_PASSWORD={secrets.token_hex(16)}\n"
            f"WEB_PORT={port}\nPLAIN_HTTP=true\n"
        )
        stack = Stack(settings, port)
        try:
            stack.run("up", "--build", "--detach", "--wait", "web", "worker", "beat")
            yield stack
        except subprocess.CalledProcessError:
            print(stack.run("logs", "--tail", "40"))
            raise
        finally:
            stack.run("down", "--volumes")


def converse(chromium: Browser, seekers_link: str, supporters_link: str) -> None:
    """Two people go the whole way, from their links to their completion codes."""
    sam, pat = (chromium.new_context().new_page() for _ in range(2))
    sam.goto(seekers_link)
    walk.consent(sam)
    walk.survey_before(sam)
    pat.goto(supporters_link)
    walk.consent(pat)
    walk.pass_gate(pat)
    talk(sam, pat)
    walk.end_chat(sam)
    walk.go_on_after_chat(pat)
    walk.survey_after_seeker(sam)
    walk.survey_after_supporter(pat)
    for page in (sam, pat):
        code = walk.finish(page)
        print(f"Completion code: {code}")


def talk(sam: Page, pat: Page) -> None:
    for page in (sam, pat):
        walk.in_chat(page)
    for number, exchange in enumerate(TALK, start=1):
        walk.chat_say(sam, exchange.said)
        walk.chat_hear(pat, exchange.said)
        walk.chat_say(pat, exchange.answered, exchange.strategy)
        walk.chat_hear(sam, exchange.answered)
        if number % 2 == 0:
            walk.rate(sam, 5)


def chat_with_script(chromium: Browser, link: str) -> None:
    """The scripted supporter, which the worker plays, answers."""
    page = chromium.new_context().new_page()
    page.goto(link)
    walk.consent(page)
    walk.survey_before(page)
    walk.in_chat(page)
    walk.chat_say(page, TALK[0].said)
    expect(walk.utterances(page)).to_have_count(2, timeout=walk.TOGETHER)
    print("The scripted supporter answers.")


def verdict_of(stack: Stack) -> str:
    """The verdict that the worker gives, as soon as there is one."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := stack.manage("shell", "--no-imports", "-c", VERDICT).strip():
            return found
    raise SystemExit("The worker gave no verdict within a minute.")


def exported(stack: Stack) -> list[Any]:
    stack.manage("export_esconv", "--study", "demo", "--out", "var/export")
    found: list[Any] = json.loads(stack.run("exec", "-T", "web", "cat", "var/export/esconv.json"))
    return found


def main() -> int:
    if (path := browser.find()) is None:
        print(browser.REMEDY, file=sys.stderr)
        return 1
    with composed() as stack, sync_playwright() as playwright:
        links = re.findall(r"http\S+/join/\S+", stack.manage("demo", "--url", stack.url))
        chromium = playwright.chromium.launch(executable_path=path)
        converse(chromium, links[0], links[1])
        chat_with_script(chromium, links[2])
        chromium.close()
        verdict, records = verdict_of(stack), exported(stack)
    typed = [text for exchange in TALK for text in (exchange.said, exchange.answered)]
    if verdict != "approved" or [turn["content"] for record in records for turn in record["dialog"]] != typed:
        print(f"Expected one approved conversation with what was typed; found {verdict!r} and {records!r}")
        return 1
    print("One conversation went through the composed stack: approved, and exported as it was typed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
