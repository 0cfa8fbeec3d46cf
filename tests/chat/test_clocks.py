"""Which clock runs out first, and whose doing that is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.clocks import Due, Watch, first_word, run_out
from esc.ontology import Ending, Role

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SEEKER, SUPPORTER = Role.SEEKER, Role.SUPPORTER
BOTH = frozenset(Role)


def at(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("watch", "due"),
    [
        (Watch(), None),
        (Watch(silent_until=at(1)), None),
        (Watch(proposed_until=at(-1)), Due(Ending.ENDED_BY_SUPPORTER, SUPPORTER)),
        (Watch(silent_until=at(-1), owed_by=SEEKER), Due(Ending.SILENCE, SEEKER)),
        (Watch(silent_until=at(-1), owed_by=SUPPORTER), Due(Ending.SILENCE, SUPPORTER)),
        # Nobody wrote the first word: both could have, unless one of them sat there alone.
        (Watch(silent_until=at(-1), came=BOTH), Due(Ending.SILENCE, None)),
        (Watch(silent_until=at(-1), came=BOTH, back_by={SEEKER: at(9)}), Due(Ending.SILENCE, SEEKER)),
        # A proposal to end stands: its own clock decides.
        (Watch(silent_until=at(-1), owed_by=SEEKER, proposed_until=at(9)), None),
        (Watch(back_by={SEEKER: at(0)}), Due(Ending.NO_SHOW, SEEKER)),
        (Watch(back_by={SUPPORTER: at(-9)}, came={SEEKER}), Due(Ending.NO_SHOW, SUPPORTER)),
        (Watch(back_by={SUPPORTER: at(-9)}, came=BOTH), Due(Ending.DISCONNECT, SUPPORTER)),
        (Watch(back_by={SUPPORTER: at(-9), SEEKER: at(-9)}), Due(Ending.NO_SHOW, None)),
        (Watch(back_by={SUPPORTER: at(-9), SEEKER: at(-8)}, came=BOTH), Due(Ending.DISCONNECT, None)),
        # The first to be overdue had the longer absence; the other one may still come back in time.
        (Watch(back_by={SUPPORTER: at(-9), SEEKER: at(9)}, came=BOTH), Due(Ending.DISCONNECT, SUPPORTER)),
        # An agent that owes its reply has failed; a seeker opposite an agent is as silent as any other.
        (Watch(silent_until=at(-1), owed_by=SUPPORTER, agent=True), Due(Ending.MODEL_FAILED, None)),
        (Watch(silent_until=at(-1), owed_by=SEEKER, agent=True), Due(Ending.SILENCE, SEEKER)),
        # Of two that have run out, the first one counts, however late the sweep comes.
        (
            Watch(silent_until=at(-9), owed_by=SEEKER, back_by={SUPPORTER: at(-8)}, came=BOTH),
            Due(Ending.SILENCE, SEEKER),
        ),
        (
            Watch(silent_until=at(-8), owed_by=SEEKER, back_by={SUPPORTER: at(-9)}, came=BOTH),
            Due(Ending.DISCONNECT, SUPPORTER),
        ),
    ],
)
def test_what_is_due(watch: Watch, due: Due | None) -> None:
    assert run_out(watch, NOON) == due


@pytest.mark.parametrize(
    ("opens", "agent", "owes"),
    [
        ("either", False, None),
        ("seeker", False, SEEKER),
        ("supporter", False, SUPPORTER),
        ("either", True, SUPPORTER),
        ("seeker", True, SEEKER),
        ("supporter", True, SUPPORTER),
    ],
)
def test_who_owes_the_first_word(opens: str, agent: bool, owes: Role | None) -> None:
    assert first_word(opens, agent=agent) is owes  # type: ignore[arg-type]


TIMES = st.integers(-100, 100).map(at)
WATCHES = st.builds(
    Watch,
    proposed_until=st.none() | TIMES,
    silent_until=st.none() | TIMES,
    back_by=st.dictionaries(st.sampled_from(Role), TIMES),
    came=st.frozensets(st.sampled_from(Role)),
    owed_by=st.none() | st.sampled_from(Role),
    agent=st.booleans(),
)


@given(WATCHES, st.integers(0, 200))
def test_what_is_due_stays_due(watch: Watch, seconds: int) -> None:
    due = run_out(watch, NOON)
    if due is not None:
        later = run_out(watch, at(seconds))
        assert later is not None
        assert later.ending is due.ending
