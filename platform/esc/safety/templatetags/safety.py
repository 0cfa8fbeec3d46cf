"""The gentle panel on the pages after an answer that spoke of danger to life."""

from __future__ import annotations

from typing import Any

from django import template

from esc.participants.models import Sitting
from esc.safety.queries import wrote_of_danger_lately

register = template.Library()


@register.inclusion_tag("safety/_panel.html")
def danger_panel(sitting: Sitting, *, waiting: bool = False) -> dict[str, Any]:
    """Where help is, for somebody who wrote of danger in an answer a short while ago; nothing for anyone else.

    `waiting`: the panel is in the page for everyone, unseen until a script shows it.
    """
    protocol = sitting.protocol
    shown = wrote_of_danger_lately(sitting)
    return {
        "shown": shown,
        "goes_on": sitting.finished_at is None,
        "there": shown or waiting,
        "danger": protocol.danger,
        "resources": protocol.crisis.resources(sitting.participant.country) if shown or waiting else [],
    }
