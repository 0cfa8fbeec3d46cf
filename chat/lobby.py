"""Who is paired with whom (first come, first served, never the same two people twice), and how long it takes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median_high
from uuid import UUID

from esc.ontology import Role

ENOUGH_TO_TELL = 3  # recent pairings; from fewer nobody can honestly say how long it takes


@dataclass(frozen=True)
class Waiter:
    """A person in the lobby, alive, in the order in which they came."""

    seat_id: int
    participant_id: UUID
    role: Role
    arm: str


Met = Collection[frozenset[UUID]]  # the two people of every conversation held so far


def pairs(waiters: Iterable[Waiter], met: Met) -> Iterator[tuple[Waiter, Waiter]]:
    """(seeker, supporter) for everyone who can be paired now; the longest waiting choose first."""
    supporters: list[Waiter] = []
    seekers: list[Waiter] = []
    for waiter in waiters:
        (seekers if waiter.role is Role.SEEKER else supporters).append(waiter)
    for seeker in seekers:
        partner = next((supporter for supporter in supporters if may_meet(seeker, supporter, met)), None)
        if partner is not None:
            supporters.remove(partner)
            yield seeker, partner


def may_meet(seeker: Waiter, supporter: Waiter, met: Met) -> bool:
    two = frozenset({seeker.participant_id, supporter.participant_id})
    return len(two) == 2 and seeker.arm == supporter.arm and two not in met


def expected_minutes(waits_s: Sequence[int]) -> int | None:
    """What waits (in seconds) of people who were paired lately tell of the next one: their median, in minutes begun.

    None where there are too few of them to tell.
    """
    if len(waits_s) < ENOUGH_TO_TELL:
        return None
    return max(1, -(-median_high(waits_s) // 60))
