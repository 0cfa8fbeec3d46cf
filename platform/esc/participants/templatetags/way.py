"""`{% way sitting as step %}`: the participant's place on their way."""

from __future__ import annotations

from django import template

from esc.participants.journey import next_page
from esc.participants.models import Sitting
from esc.participants.way import Step, step_of

register = template.Library()


@register.simple_tag
def way(sitting: Sitting) -> Step:
    """Asks the journey, so that it never says anything else than where the person really is."""
    return step_of(next_page(sitting.facts))


@register.simple_tag
def conversation_number(sitting: Sitting) -> int:
    """Which conversation of this sitting is prepared, held or just done: from 1."""
    seat = sitting.current_seat
    return seat.number if seat else 1
