"""What a sitting is paid for, by the pay rule of each conversation's outcome: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from esc.ontology import Outcome
from esc.studies.schema import Protocol


@dataclass(frozen=True)
class Paid:
    """`total` for so many whole conversations, in the study's currency; `minutes`: some time is paid by the minute."""

    conversations: int
    total: Decimal
    minutes: bool

    @property
    def nothing(self) -> bool:
        return not self.conversations and not self.minutes


def paid_for(protocol: Protocol, outcomes: Sequence[Outcome]) -> Paid:
    """What these outcomes, one a conversation, are paid for."""
    rules = [protocol.outcomes[outcome].pay for outcome in outcomes]
    conversations = rules.count("conversation")
    return Paid(
        conversations=conversations,
        total=conversations * protocol.pay.conversation,
        minutes="minutes" in rules,
    )
