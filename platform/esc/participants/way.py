"""Where a participant is on their way, in words and as "step 2 of 6". Needs no database."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from esc.participants.journey import Page

# Both roles have as many steps, and choosing a role is a second half of the first one: so nobody's total changes on
# the way, whatever their link fixed.
STEPS: tuple[frozenset[Page], ...] = (
    frozenset({Page.CONSENT, Page.ROLE}),
    frozenset({Page.TRAINING, Page.SURVEY_BEFORE}),
    frozenset({Page.LOBBY}),
    frozenset({Page.CHAT}),
    frozenset({Page.LEFT, Page.SURVEY_AFTER}),
    frozenset({Page.ANOTHER, Page.FINISH}),
)

NAMES: dict[Page, Promise] = {
    Page.CONSENT: _("Consent"),
    Page.ROLE: _("Your part"),
    Page.TRAINING: _("Learning"),
    Page.SURVEY_BEFORE: _("Before the chat"),
    Page.LOBBY: _("Waiting"),
    Page.CHAT: _("Chat"),
    Page.LEFT: _("After the chat"),
    Page.SURVEY_AFTER: _("After the chat"),
    Page.ANOTHER: _("Finish"),
    Page.FINISH: _("Finish"),
}

# Pages that lose something (a place in the queue, ticks not sent yet) when another page takes their tab.
KEEPS_ITS_TAB = frozenset({Page.TRAINING, Page.LOBBY, Page.CHAT})


@dataclass(frozen=True)
class Step:
    """The step a page belongs to: `number` from 1 to `total`, each step before and at it told as "done" or "here"."""

    number: int
    total: int
    name: Promise
    marks: tuple[str, ...]  # one a step: "done", "here" or ""
    keeps_its_tab: bool


def step_of(page: Page) -> Step:
    """The step of that page."""
    number = next(number for number, pages in enumerate(STEPS, start=1) if page in pages)
    marks = ("done",) * (number - 1) + ("here",) + ("",) * (len(STEPS) - number)
    return Step(number=number, total=len(STEPS), name=NAMES[page], marks=marks, keeps_its_tab=page in KEEPS_ITS_TAB)
