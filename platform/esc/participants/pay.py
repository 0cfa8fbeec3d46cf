"""What a sitting is paid for, by the pay rule of each conversation's outcome: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from esc.ontology import Outcome
from esc.studies.schema import Protocol


@dataclass(frozen=True)
class Paid:
    """`total` for so many whole conversations, in the study's currency; `chat` and `waiting`: such minutes are paid."""

    conversations: int
    total: Decimal
    chat: bool
    waiting: bool

    @property
    def nothing(self) -> bool:
        return not (self.conversations or self.chat or self.waiting)


def paid_for(protocol: Protocol, outcomes: Sequence[Outcome]) -> Paid:
    """What these outcomes, one a conversation, are paid for. Minutes of learning are paid beside all of it."""
    by_rule = [(protocol.outcomes[outcome].pay, outcome) for outcome in outcomes]
    conversations = sum(rule == "conversation" for rule, _ in by_rule)
    by_the_minute = {outcome for rule, outcome in by_rule if rule == "minutes"}
    return Paid(
        conversations=conversations,
        total=conversations * protocol.pay.conversation,
        chat=bool(by_the_minute - {Outcome.NO_PARTNER, Outcome.FAILED_TRAINING}),
        waiting=bool(by_the_minute - {Outcome.FAILED_TRAINING}),
    )
