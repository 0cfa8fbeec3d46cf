"""Where participants read that they are, and how amounts are written for them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import translation

from esc.participants.journey import Page
from esc.participants.templatetags.money import money
from esc.participants.way import step_of


@pytest.mark.parametrize(
    ("page", "number"),
    [
        (Page.CONSENT, 1),
        (Page.ROLE, 1),
        (Page.TRAINING, 2),
        (Page.SURVEY_BEFORE, 2),
        (Page.LOBBY, 3),
        (Page.CHAT, 4),
        (Page.SURVEY_AFTER, 5),
        (Page.ANOTHER, 6),
        (Page.FINISH, 6),
    ],
)
def test_every_page_has_its_place_among_six_steps(page: Page, number: int) -> None:
    step = step_of(page)
    assert (step.number, step.total) == (number, 6)
    assert step.marks == ("done",) * (number - 1) + ("here",) + ("",) * (6 - number)


def test_only_pages_that_would_lose_something_keep_their_tab() -> None:
    assert {page for page in Page if step_of(page).keeps_its_tab} == {Page.TRAINING, Page.LOBBY, Page.CHAT}


@pytest.mark.parametrize(
    ("language", "written"), [("en", "6.50\N{NO-BREAK SPACE}EUR"), ("de", "6,50\N{NO-BREAK SPACE}EUR")]
)
def test_amounts_are_written_as_the_pages_language_does(language: str, written: str) -> None:
    with translation.override(language):
        assert money(Decimal("6.5"), "EUR") == written
