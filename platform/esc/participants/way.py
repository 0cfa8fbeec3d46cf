"""Where a participant is on their way, in words and as "step 2 of 6": pure."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from esc.ontology import Role
from esc.participants.journey import Page

# Choosing a part counts as a second half of the first step: so nobody's total changes on the way, whether their link
# fixed the part or not.
STEPS: dict[Role, tuple[frozenset[Page], ...]] = {
    Role.SUPPORTER: (
        frozenset({Page.CONSENT, Page.ROLE}),
        frozenset({Page.TRAINING}),
        frozenset({Page.LOBBY}),
        frozenset({Page.CHAT}),
        frozenset({Page.SURVEY_AFTER}),
        frozenset({Page.ANOTHER, Page.FINISH}),
    ),
    Role.SEEKER: (
        frozenset({Page.CONSENT, Page.ROLE}),
        frozenset({Page.SURVEY_BEFORE}),
        frozenset({Page.LOBBY}),
        frozenset({Page.CHAT}),
        frozenset({Page.SURVEY_AFTER}),
        frozenset({Page.ANOTHER, Page.FINISH}),
    ),
}

NAMES: dict[Page, Promise] = {
    Page.CONSENT: _("Consent"),
    Page.ROLE: _("Your part"),
    Page.TRAINING: _("Learning to support"),
    Page.SURVEY_BEFORE: _("Questions before"),
    Page.LOBBY: _("Waiting for a partner"),
    Page.CHAT: _("Chat"),
    Page.SURVEY_AFTER: _("Questions after"),
    Page.ANOTHER: _("Finish"),
    Page.FINISH: _("Finish"),
}


@dataclass(frozen=True)
class Step:
    """The step a page belongs to: `number` from 1 to `total`."""

    number: int
    total: int
    name: Promise


def step_of(page: Page, role: Role | None) -> Step:
    """The step of that page. Both roles have as many steps, so a person without a role yet knows the total, too."""
    steps = STEPS[role or Role.SEEKER]
    number = next(number for number, pages in enumerate(steps, start=1) if page in pages)
    return Step(number=number, total=len(steps), name=NAMES[page])
