"""Who is paired with whom."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.lobby import Waiter, expected_minutes, pairs
from esc.ontology import Role

people = st.integers(1, 12).map(lambda number: UUID(int=number))
waiters = st.lists(
    st.builds(Waiter, st.integers(1, 10_000), people, st.sampled_from(Role), st.sampled_from(["a", "b"])),
    unique_by=lambda waiter: waiter.seat_id,
)
histories = st.sets(st.frozensets(people, min_size=2, max_size=2))


def person(number: int, role: Role, arm: str = "a") -> Waiter:
    return Waiter(number, UUID(int=number), role, arm)


def test_first_come_first_served() -> None:
    queue = [person(1, Role.SEEKER), person(2, Role.SEEKER), person(3, Role.SUPPORTER)]
    assert [(seeker.seat_id, supporter.seat_id) for seeker, supporter in pairs(queue, set())] == [(1, 3)]


def test_who_has_met_before_is_passed_over() -> None:
    queue = [person(1, Role.SEEKER), person(3, Role.SUPPORTER), person(4, Role.SUPPORTER)]
    met = {frozenset({UUID(int=1), UUID(int=3)})}
    assert [(seeker.seat_id, supporter.seat_id) for seeker, supporter in pairs(queue, met)] == [(1, 4)]


def test_arms_do_not_mix() -> None:
    assert list(pairs([person(1, Role.SEEKER, "a"), person(2, Role.SUPPORTER, "b")], set())) == []


@given(waiters, histories)
def test_pairs_are_sound_and_nobody_is_left_who_could_be_paired(queue: list[Waiter], met: set[frozenset[UUID]]) -> None:
    found = list(pairs(queue, met))
    seated = [waiter.seat_id for pair in found for waiter in pair]
    assert len(seated) == len(set(seated))
    for seeker, supporter in found:
        assert (seeker.role, supporter.role) == (Role.SEEKER, Role.SUPPORTER)
        assert seeker.participant_id != supporter.participant_id
        assert seeker.arm == supporter.arm
        assert frozenset({seeker.participant_id, supporter.participant_id}) not in met
    left = [waiter for waiter in queue if waiter.seat_id not in seated]
    assert list(pairs(left, met)) == []


@pytest.mark.parametrize(
    ("waits", "minutes"),
    [([], None), ([60, 60], None), ([0, 1, 2], 1), ([59, 60, 61], 1), ([10, 61, 900], 2), ([60, 60, 300, 300], 5)],
)
def test_the_wait_to_expect_is_the_median_of_enough_waits(waits: list[int], minutes: int | None) -> None:
    assert expected_minutes(waits) == minutes
