"""What an engine is told of a conversation: its utterances and the supporter's own strategies, nothing else.

The supporter is blind (paper, §3.1): surveys, feedback and who the people are never come this way.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from chat.models import AwaitedTurn, Utterance
from esc.ontology import Role
from modelserve.engines.base import Context, Heard


def contexts_of(turns: Sequence[AwaitedTurn]) -> list[Context]:
    """The context of each turn, in their order: the whole conversation up to the utterance that it answers.

    One query for all. How much of it an engine reads is the engine's affair.
    """
    until = {turn.conversation_id: turn.after_position for turn in turns}
    rows = Utterance.objects.filter(conversation_id__in=until).order_by("position")
    heard: dict[UUID, list[Heard]] = defaultdict(list)
    for conversation_id, position, role, text, strategy in rows.values_list(
        "conversation_id", "position", "role", "text", "strategy"
    ):
        if position <= until[conversation_id]:
            heard[conversation_id].append(Heard(Role(role), text, strategy))
    return [Context(tuple(heard[turn.conversation_id]), seed_of(turn)) for turn in turns]


def seed_of(turn: AwaitedTurn) -> int:
    """The same for a turn that is taken again, another one for every other turn."""
    name = f"{turn.conversation_id}/{turn.after_position}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) >> 1  # fits a signed 64-bit column
