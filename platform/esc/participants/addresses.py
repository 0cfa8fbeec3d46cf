"""Where each page of the journey is."""

from __future__ import annotations

from django.urls import reverse

from esc.participants.journey import Page, next_page
from esc.participants.models import Sitting

ADDRESSES = {
    Page.CONSENT: "participants:consent",
    Page.ROLE: "participants:role",
    Page.TRAINING: "tutorial:strategies",
    Page.SURVEY_BEFORE: "surveys:before",
    Page.LOBBY: "chat:lobby",
    Page.CHAT: "chat:current",
    Page.LEFT: "participants:left",
    Page.SURVEY_AFTER: "surveys:after",
    Page.ANOTHER: "participants:another",
    Page.FINISH: "participants:finish",
}


def address(sitting: Sitting, page: Page | None = None) -> str:
    """The URL of the page on which this sitting belongs now (or of the page that a service just named)."""
    page = page or next_page(sitting.facts)
    return reverse(ADDRESSES[page], kwargs={"slug": sitting.study.slug})
