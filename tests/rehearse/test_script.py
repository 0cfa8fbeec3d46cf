"""What scripted people say."""

from __future__ import annotations

from random import Random

import pytest

from chat.rehearse.outbox import Outbox
from chat.rehearse.script import made_up, replayed
from chat.rehearse.verdict import Log
from esc.ontology import Role, Strategy

SEEKER, SUPPORTER = Role.SEEKER, Role.SUPPORTER


def test_made_up_lines_are_both_sides_and_never_wait_for_each_other() -> None:
    script = made_up(Random(1), 9)
    assert [line.role for line in script] == [SEEKER, SUPPORTER] * 4 + [SEEKER]
    assert {line.turn for line in script} == {None}
    assert all(line.strategy in set(Strategy) for line in script if line.role is SUPPORTER)
    assert all(line.strategy is None for line in script if line.role is SEEKER)


def test_a_seed_makes_the_same_lines_again() -> None:
    assert made_up(Random(1), 9) == made_up(Random(1), 9) != made_up(Random(2), 9)


def test_replayed_lines_come_exactly_in_their_order() -> None:
    script = replayed([(SEEKER, " Hi ", ""), (SUPPORTER, "Hello", "Others"), (SUPPORTER, "You?", "Question")])
    assert [(line.role, line.text, line.strategy, line.turn) for line in script] == [
        (SEEKER, " Hi ", None, 0),
        (SUPPORTER, "Hello", "Others", 1),
        (SUPPORTER, "You?", "Question", 2),
    ]


@pytest.fixture
def outbox() -> Outbox:
    """Two messages wait, the first one is out."""
    made = Outbox(SEEKER, Log("talk"), clock=lambda: 1.0, tab=0)
    made.add("first", None)
    made.add("second", None)
    made.next()
    return made


def frames(outbox: Outbox) -> list[object]:
    frame = outbox.next(again=True)
    return [frame and frame["text"], [message.text for message in outbox.messages]]


def test_one_message_is_out_at_a_time_under_one_client_id(outbox: Outbox) -> None:
    assert outbox.next() is None
    assert outbox.next(again=True) == outbox.next(again=True) != None  # noqa: E711
    assert outbox.answered(outbox.messages[0].client_id)
    assert frames(outbox) == ["second", ["second"]]


def test_a_second_ack_does_not_send_the_next_one_a_second_time(outbox: Outbox) -> None:
    first = outbox.messages[0].client_id
    outbox.answered(first)
    assert outbox.next() is not None
    outbox.answered(first)
    assert outbox.next() is None


@pytest.mark.parametrize(
    ("code", "again", "left"),
    [
        ("busy", True, ["first", ["first", "second"]]),
        ("failed", True, ["first", ["first", "second"]]),
        ("feedback_due", False, [None, ["first", "second"]]),  # the order stays: the second waits behind it
        ("strategy_required", False, ["second", ["second"]]),
    ],
)
def test_what_a_refusal_means(outbox: Outbox, code: str, again: bool, left: list[object]) -> None:
    assert outbox.refused(outbox.messages[0].client_id, code) is again
    assert frames(outbox) == left


def test_a_rating_releases_what_waited_for_it(outbox: Outbox) -> None:
    outbox.refused(outbox.messages[0].client_id, "feedback_due")
    outbox.release()
    assert frames(outbox) == ["first", ["first", "second"]]


def test_an_answer_to_something_unknown_changes_nothing(outbox: Outbox) -> None:
    assert not outbox.answered("somebody else's")
    assert not outbox.refused("somebody else's", "busy")
    assert frames(outbox) == ["first", ["first", "second"]]
