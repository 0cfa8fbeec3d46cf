"""What a person is paid for: minutes and whole conversations, a line a seat and one for the training. Pure.

Every minute that was begun counts: seconds are rounded up to minutes, for each kind of time and each line. Rates have
two decimals and minutes are whole, so amounts are exact to the cent and need no rounding of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Self

from esc.studies.schema import Pay, Protocol

Rule = Literal["conversation", "minutes", "none"]


@dataclass(frozen=True)
class Line:
    """What is paid for one seat, or for the training; or the sum of such lines."""

    minutes_waited: int = 0
    minutes_chatted: int = 0
    minutes_trained: int = 0
    conversations: int = 0
    amount: Decimal = Decimal("0.00")

    @classmethod
    def sum(cls, lines: Iterable[Self]) -> Line:
        total = Line()
        for line in lines:
            total = Line(
                total.minutes_waited + line.minutes_waited,
                total.minutes_chatted + line.minutes_chatted,
                total.minutes_trained + line.minutes_trained,
                total.conversations + line.conversations,
                total.amount + line.amount,
            )
        return total


@dataclass(frozen=True)
class Item:
    """One kind of thing that is paid: how many of it, at which rate, and what that comes to."""

    kind: Literal["conversations", "waited", "chatted", "trained"]
    count: int
    rate: Decimal
    amount: Decimal


def items_of(pay: Pay, line: Line) -> list[Item]:
    """What a line's amount is made of; nothing that there was none of."""
    counted: list[tuple[Literal["conversations", "waited", "chatted", "trained"], int, Decimal]] = [
        ("conversations", line.conversations, pay.conversation),
        ("chatted", line.minutes_chatted, pay.per_minute.chat),
        ("waited", line.minutes_waited, pay.per_minute.waiting),
        ("trained", line.minutes_trained, pay.per_minute.training),
    ]
    return [Item(kind, count, rate, _cents(count * rate)) for kind, count, rate in counted if count]


def line_of_seat(pay: Pay, rule: Rule, *, waited_s: int, chatted_s: int) -> Line:
    """A seat's line by its outcome's rule; seconds in.

    Waiting is paid beside everything but "none": the lobby's page promises it while nobody knows what will come. The
    chat is paid as a whole conversation or by the minute.
    """
    if rule == "none":
        return Line()
    waited, whole = minutes(waited_s), rule == "conversation"
    chatted = 0 if whole else minutes(chatted_s)
    chat = pay.conversation if whole else chatted * pay.per_minute.chat
    return Line(
        minutes_waited=waited,
        minutes_chatted=chatted,
        conversations=int(whole),
        amount=_cents(waited * pay.per_minute.waiting + chat),
    )


def line_of_training(protocol: Protocol, *, trained_s: int, attempts: int) -> Line:
    """The training's line, passed or not: the minutes spent, since a pause is no work at most those announced.

    Announced are the whole training with its first examination, once, and one more examination for each further
    attempt that was handed in.
    """
    training = protocol.training
    most = training.minutes + max(0, attempts - 1) * training.examination_minutes
    trained = min(minutes(trained_s), most)
    return Line(minutes_trained=trained, amount=_cents(trained * protocol.pay.per_minute.training))


def minutes(seconds: int) -> int:
    """Every minute that was begun."""
    return -(-max(0, seconds) // 60)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))
