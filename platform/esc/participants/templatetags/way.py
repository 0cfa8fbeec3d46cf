"""`{% way sitting %}`: the participant's place on their way, as words and as a row of steps."""

from __future__ import annotations

from typing import Any

from django import template

from esc.participants.journey import next_page
from esc.participants.models import Sitting
from esc.participants.way import step_of

register = template.Library()


@register.inclusion_tag("participants/_way.html")
def way(sitting: Sitting) -> dict[str, Any]:
    """Asks the journey, so that it never says anything else than where the person really is."""
    facts = sitting.facts
    step = step_of(next_page(facts), facts.role)
    seat = sitting.current_seat
    places = ["done" if n < step.number else "here" if n == step.number else "" for n in range(1, step.total + 1)]
    return {"step": step, "places": places, "conversation": seat.number if seat else 1}
