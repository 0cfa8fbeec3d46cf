"""What must hold on every participant's page."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / ".tools" / "node_modules" / "axe-core" / "axe.min.js"


@cache
def _axe_source() -> str:
    if not AXE.exists():
        pytest.exit(f"axe-core is missing at {AXE}: run `make browser`, which installs it (`make test` does, too).", 1)
    return AXE.read_text(encoding="utf-8")


def accessible(page: Page) -> None:
    """axe-core finds nothing to object to, in light and in dark."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_axe_source())  # run by the browser's debugger, which the page's policy does not bind
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # no colour half-way through a transition
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert not found, f"{page.url} in {theme}:\n" + "\n".join(map(_in_words, found))
    page.emulate_media(color_scheme="null", reduced_motion="null")


def _in_words(violation: dict[str, Any]) -> str:
    places = "\n".join(f"    {node['html']}\n      {node['failureSummary']}" for node in violation["nodes"])
    return f"  {violation['id']}: {violation['help']}\n{places}"


def fits(page: Page) -> None:
    """Nothing makes the page scroll sideways."""
    wide = page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px wider than its window"


def good_page(page: Page) -> None:
    """Everything that must hold on every participant's page."""
    fits(page)
    accessible(page)
