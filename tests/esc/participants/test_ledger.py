"""What a person is paid for: the pure rules, and the rows that keep it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from esc.ontology import Outcome, Role
from esc.participants import services
from esc.participants.journey import AfterChat, Page
from esc.participants.ledger import Line, Rule, items_of, line_of_seat, line_of_training, minutes
from esc.participants.models import LedgerLine, Seat, Sitting
from esc.participants.settling import settle
from esc.studies.loading import default_protocol_text, parse_protocol
from esc.studies.models import Study
from tests.people import Person, join, leave_chat

PROTOCOL = parse_protocol(default_protocol_text().replace("waiting = 0.20", "waiting = 0.11"))
PAY = PROTOCOL.pay
RULES: list[Rule] = ["conversation", "minutes", "none"]


@pytest.mark.parametrize(("seconds", "whole"), [(-5, 0), (0, 0), (1, 1), (59, 1), (60, 1), (61, 2), (3600, 60)])
def test_every_minute_that_was_begun_counts(seconds: int, whole: int) -> None:
    assert minutes(seconds) == whole


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("conversation", Line(minutes_waited=2, conversations=1, amount=Decimal("6.22"))),
        ("minutes", Line(minutes_waited=2, minutes_chatted=11, amount=Decimal("2.42"))),
        ("none", Line()),
    ],
)
def test_a_seat_is_paid_by_its_outcomes_rule_and_waiting_beside_it(rule: Rule, line: Line) -> None:
    assert line_of_seat(PAY, rule, waited_s=90, chatted_s=601) == line


@pytest.mark.parametrize(
    ("attempts", "trained_s", "paid"),
    [
        # the minutes that were spent, where they are fewer than those announced
        (1, 0, 0),
        (1, 540, 9),
        (1, 541, 10),
        (1, 45 * 60, 45),
        (3, 30 * 60, 30),
        # the whole training once, and an examination for each further attempt
        (1, 45 * 60 + 1, 45),
        (1, 9_999_999, 45),
        (2, 50 * 60, 50),
        (2, 9_999_999, 55),
        (3, 64 * 60 + 1, 65),
        (3, 9_999_999, 65),
        (6, 9_999_999, 95),  # attempts after a reset are work, too
        (0, 9_999_999, 45),  # decided without any attempt in this study
    ],
)
def test_training_is_paid_by_the_minute_up_to_what_was_announced(attempts: int, trained_s: int, paid: int) -> None:
    line = line_of_training(PROTOCOL, trained_s=trained_s, attempts=attempts)
    assert (line.minutes_trained, line.amount) == (paid, paid * Decimal("0.20"))


SECONDS = st.integers(0, 10**6)


@given(st.lists(st.tuples(st.sampled_from(RULES), SECONDS, SECONDS)), SECONDS, st.integers(0, 9))
def test_the_items_add_up_to_the_amount_to_the_cent(
    seats: list[tuple[Rule, int, int]], trained_s: int, attempts: int
) -> None:
    lines = [line_of_seat(PAY, rule, waited_s=waited, chatted_s=chatted) for rule, waited, chatted in seats]
    total = Line.sum([*lines, line_of_training(PROTOCOL, trained_s=trained_s, attempts=attempts)])
    items = items_of(PAY, total)
    assert sum((item.amount for item in items), Decimal(0)) == total.amount
    assert all(item.count for item in items)


@given(SECONDS, SECONDS)
def test_leaving_at_once_never_pays_less_than_the_minutes(waited_s: int, chatted_s: int) -> None:
    rule = PROTOCOL.outcomes[Outcome.LEFT_EARLY].pay
    line = line_of_seat(PAY, rule, waited_s=waited_s, chatted_s=chatted_s)
    assert line.amount >= waited_s * PAY.per_minute.waiting / 60 + chatted_s * PAY.per_minute.chat / 60


def test_a_seats_line_is_written_when_its_chat_ends(sam: Person) -> None:
    services.finish_step(sitting_id=sam.sitting_id, step=Page.LOBBY)
    leave_chat(sam, Outcome.PARTNER_LEFT, chatted=timedelta(seconds=61))
    row = LedgerLine.objects.get()
    assert (row.minutes_chatted, row.amount, row.currency) == (2, Decimal("0.40"), "USD")
    assert sam.sitting.paid.amount == Decimal("0.40")


def test_an_outcome_that_changes_is_settled_anew(sam: Person) -> None:
    services.finish_step(sitting_id=sam.sitting_id, step=Page.LOBBY)
    leave_chat(sam)
    assert LedgerLine.objects.get().conversations == 1
    Seat.objects.update(outcome=Outcome.REMOVED)
    settle(seat_id=Seat.objects.get().pk)
    assert LedgerLine.objects.get().amount == 0


@pytest.mark.parametrize("passed", [True, False])
def test_training_is_paid_once_whether_passed_or_not(study: Study, passed: bool) -> None:
    pat = join(study, Role.SUPPORTER, until=Page.TRAINING)
    assert pat.sitting.training_began_at is not None
    Sitting.objects.update(training_began_at=timezone.now() - timedelta(minutes=7, seconds=30))
    services.finish_training(sitting_id=pat.sitting_id, passed=passed)
    services.finish_training(sitting_id=pat.sitting_id, passed=passed)
    training = LedgerLine.objects.get(seat=None)
    assert (training.minutes_trained, training.amount) == (8, Decimal("1.60"))
    assert pat.sitting.paid == training.as_line


def test_a_seekers_sitting_has_no_training(sam: Person) -> None:
    assert sam.sitting.training_began_at is None


def test_who_was_left_and_goes_to_the_front_is_paid_for_both_seats(sam: Person) -> None:
    services.finish_step(sitting_id=sam.sitting_id, step=Page.LOBBY)
    assert leave_chat(sam, Outcome.PARTNER_LEFT, after=AfterChat.CHOICE, chatted=timedelta(seconds=100)) is Page.LEFT
    assert services.go_to_front(sitting_id=sam.sitting_id) is Page.SURVEY_BEFORE
    assert sam.sitting.conversations_left == 3
    services.finish_step(sitting_id=sam.sitting_id, step=Page.SURVEY_BEFORE)
    services.finish_step(sitting_id=sam.sitting_id, step=Page.LOBBY)
    leave_chat(sam)
    assert sam.sitting.conversations_left == 2
    assert sam.sitting.paid.amount == Decimal("6.40")
