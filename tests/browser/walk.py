"""A participant's way, step by step, as a person takes it: by the words on the page, never by its markup."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def heading(page: Page, words: str) -> None:
    """The page with this heading is there."""
    expect(page.get_by_role("heading", level=1, name=words)).to_be_visible()


def consent(page: Page, country: str = "") -> None:
    """Tick every point, name a country where one is given, and agree."""
    heading(page, "Before you take part")
    for box in page.get_by_role("checkbox").all():
        box.check()
    if country:
        page.get_by_label("Which country do you live in?").select_option(label=country)
    page.get_by_role("button", name="I agree and go on").click()
