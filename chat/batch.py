"""Many actions, from any conversations, committed together: one transaction, an answer to each, neighbours unharmed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from chat.awaited import await_turn
from chat.danger import watch
from chat.memory import Memory
from chat.models import Feedback
from chat.rows import find_posted, lock_standings, write
from chat.rules import Action, Answer, Posted, Rate, Rated, Say, Standing, Told, take
from esc.errors import Refusal
from esc.ontology import Role

Known = dict[tuple[UUID, Role, UUID], Posted]


@dataclass(frozen=True, slots=True)
class Committed:
    """What a batch did: the answer to each of its actions, in their order, and what is to be told."""

    answers: list[Answer]
    told: list[Told]


def commit(actions: Sequence[Action], memory: Memory | None = None, *, again: bool = False) -> Committed:
    """Everything that can be done is committed when this comes back, and nothing is told to anyone yet.

    A message that is known gives its first answer, whatever has happened since. `again`: nobody knows whether these
    actions were committed (the database went away); then a rating that stands gives its first answer, too. `memory` is
    told how the conversations were left.
    """
    try:
        committed, standings = _commit(actions, {})
    except IntegrityError:
        # Some message was posted before: its acknowledgement got lost. Now it is worth a query to know which.
        committed, standings = _commit(actions, find_posted(action for action in actions if isinstance(action, Say)))
    if memory is not None and connection.vendor == "postgresql":  # only there can a guess be proven as it is written
        for standing in standings:
            memory.keep(standing)
    return _second_look(actions, committed, again=again)


@transaction.atomic
def _commit(actions: Sequence[Action], known: Known) -> tuple[Committed, Collection[Standing]]:
    now = timezone.now()
    standings = lock_standings({action.conversation_id for action in actions})
    answers = [_answer(standings.get(action.conversation_id), action, known, now) for action in actions]
    changed = [standing for standing in standings.values() if standing.told]
    if changed:
        write(changed, now)
    for standing in changed:
        watch(standing, now)
        if standing.agent and any(say.role is Role.SEEKER for say, _ in standing.said):
            await_turn(standing.id, standing.protocol, after_position=standing.last_position, now=now)
    return Committed(answers, [told for standing in changed for told in standing.told]), standings.values()


def _answer(standing: Standing | None, action: Action, known: Known, now: datetime) -> Answer:
    if standing is None:
        return Refusal("not_yours", "This conversation does not exist.")
    if not isinstance(action, Say):
        return take(standing, action, now)
    key = (action.conversation_id, action.role, action.client_id)
    if key not in known:
        answer = take(standing, action, now)
        if not isinstance(answer, Posted):
            return answer
        known[key] = answer
    return known[key]


def _second_look(actions: Sequence[Action], committed: Committed, *, again: bool) -> Committed:
    """Whatever was refused may have been done before: then it gets its first answer again, even after the end."""
    refused = [
        action
        for action, answer in zip(actions, committed.answers, strict=True)
        if isinstance(answer, Refusal) and (again or isinstance(action, Say))
    ]
    if not refused:
        return committed
    posted = find_posted(action for action in refused if isinstance(action, Say))
    answers: list[Answer] = []
    for action, answer in zip(actions, committed.answers, strict=True):
        first: Answer | None = None
        if isinstance(answer, Refusal) and isinstance(action, Say):
            first = posted.get((action.conversation_id, action.role, action.client_id))
        elif isinstance(answer, Refusal) and again and isinstance(action, Rate):
            first = _stands(action)
        answers.append(first or answer)
    return Committed(answers, committed.told)


def _stands(rate: Rate) -> Rated | None:
    """The rating, where exactly this one is stored already."""
    stored = Feedback.objects.filter(conversation_id=rate.conversation_id, through=rate.through, score=rate.score)
    return Rated(rate.through, rate.score) if stored.exists() else None
