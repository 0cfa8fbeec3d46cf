"""The rows behind a batch: locked and read in one query, written in one each for whatever changed.

On PostgreSQL the two tables that every message touches are written as arrays, which costs a third of the ORM's way
(docs/performance.md); elsewhere the ORM writes them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from chat.models import Conversation, Feedback, Utterance
from chat.rules import Posted, Say, Standing
from esc.ontology import Role
from esc.studies.frozen import frozen

KEPT = [
    "last_position",
    "unrated",
    "feedback_to_carry",
    "end_proposed_until",
    "owed_by",
    "owed_since",
    "nudge_due_at",
    "silence_due_at",
]


def lock_standings(ids: Collection[UUID]) -> dict[UUID, Standing]:
    """The conversations, locked in one order so that two batches never wait for each other in a ring."""
    rows = (
        Conversation.objects.filter(pk__in=ids)
        .select_for_update(of=("self",))
        .order_by("pk")
        .values_list("pk", "protocol_version_id", "supporter__agent", "ended_at", "import_index", *KEPT)
    )
    return {row[0]: _standing(*row) for row in rows}


def _standing(
    pk: UUID,
    version_id: int,
    agent: str,
    ended_at: datetime | None,
    import_index: int | None,
    *kept: Any,
) -> Standing:
    version = frozen(version_id)
    is_open = ended_at is None and import_index is None
    # KEPT is in the order of Standing's fields.
    return Standing(pk, version.protocol, version.strategies, agent, is_open, *kept)


def find_posted(says: Iterable[Say]) -> dict[tuple[UUID, Role, UUID], Posted]:
    """Those of the messages that are committed already, by conversation, author and client_id."""
    wanted = {(say.conversation_id, say.role, say.client_id) for say in says}
    rows = Utterance.objects.filter(
        conversation_id__in={key[0] for key in wanted}, client_id__in={key[2] for key in wanted}
    ).values_list("conversation_id", "role", "client_id", "position", "sent_at")
    return {
        (conversation_id, Role(role), client_id): Posted(client_id, position, sent_at)
        for conversation_id, role, client_id, position, sent_at in rows
        if client_id is not None and sent_at is not None and (conversation_id, role, client_id) in wanted
    }


def write(standings: Sequence[Standing], now: datetime) -> None:
    """Everything that the batch changed. Raises IntegrityError where a client_id was posted before."""
    said = [(standing, say, position) for standing in standings for say, position in standing.said]
    if connection.vendor == "postgresql":
        _insert_as_arrays(said, now)
        _update_as_arrays(standings)
    else:
        Utterance.objects.bulk_create([_utterance(say, position, now) for _, say, position in said])
        _update_one_by_one(standings)
    _write_feedback(standings, now)


def _utterance(say: Say, position: int, now: datetime) -> Utterance:
    return Utterance(
        conversation_id=say.conversation_id,
        position=position,
        role=say.role,
        text=say.text,
        strategy=say.strategy or "",
        client_id=say.client_id,
        sent_at=now,
        pasted_chars=say.pasted_chars,
        typing_ms=say.typing_ms,
    )


def _insert_as_arrays(said: Sequence[tuple[Standing, Say, int]], now: datetime) -> None:
    if not said:
        return
    says = [say for _, say, _ in said]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chat_utterance"
            " (conversation_id, position, role, text, strategy, client_id, sent_at, pasted_chars, typing_ms)"
            " SELECT c, p, r, t, s, i, %s, pc, ms FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::text[],"
            " %s::text[], %s::uuid[], %s::int[], %s::int[]) AS new (c, p, r, t, s, i, pc, ms)",
            [
                now,
                [say.conversation_id.hex for say in says],
                [position for _, _, position in said],
                [say.role.value for say in says],
                [say.text for say in says],
                [say.strategy or "" for say in says],
                [say.client_id.hex for say in says],
                [say.pasted_chars for say in says],
                [say.typing_ms for say in says],
            ],
        )


def _update_as_arrays(standings: Sequence[Standing]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chat_conversation SET last_position = p, unrated = u, feedback_to_carry = f,"
            " end_proposed_until = e, owed_by = o, owed_since = os, nudge_due_at = n, silence_due_at = s"
            " FROM unnest(%s::uuid[], %s::int[], %s::jsonb[], %s::int[], %s::timestamptz[],"
            " %s::text[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])"
            " AS new (c, p, u, f, e, o, os, n, s) WHERE id = c",
            [
                [standing.id.hex for standing in standings],
                [standing.last_position for standing in standings],
                [json.dumps(standing.unrated) for standing in standings],
                [standing.feedback_to_carry for standing in standings],
                [standing.end_proposed_until for standing in standings],
                [str(standing.owed_by) for standing in standings],
                [standing.owed_since for standing in standings],
                [standing.nudge_due_at for standing in standings],
                [standing.silence_due_at for standing in standings],
            ],
        )


def _update_one_by_one(standings: Sequence[Standing]) -> None:
    for standing in standings:
        Conversation.objects.filter(pk=standing.id).update(**{name: getattr(standing, name) for name in KEPT})


def _write_feedback(standings: Sequence[Standing], now: datetime) -> None:
    """New ratings, with their carrier where it came in the same batch; older ratings that found theirs now."""
    new = [
        Feedback(
            conversation_id=standing.id,
            through=rate.through,
            score=rate.score,
            carried_by=standing.carriers.pop(rate.through, None),
            given_at=now,
        )
        for standing in standings
        for rate in standing.rated
    ]
    if new and connection.vendor == "postgresql":
        _insert_feedback_as_arrays(new, now)
    else:
        Feedback.objects.bulk_create(new)
    older = {
        (standing.id, through): position for standing in standings for through, position in standing.carriers.items()
    }
    if older:
        _carry(older)


def _insert_feedback_as_arrays(new: Sequence[Feedback], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chat_feedback (conversation_id, through, score, carried_by, given_at)"
            " SELECT c, t, s, b, %s FROM unnest(%s::uuid[], %s::int[], %s::int[], %s::int[]) AS new (c, t, s, b)",
            [
                now,
                [row.conversation_id.hex for row in new],
                [row.through for row in new],
                [row.score for row in new],
                [row.carried_by for row in new],
            ],
        )


def _carry(carriers: dict[tuple[UUID, int], int]) -> None:
    if connection.vendor != "postgresql":
        for (conversation_id, through), position in carriers.items():
            Feedback.objects.filter(conversation_id=conversation_id, through=through).update(carried_by=position)
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chat_feedback SET carried_by = p FROM unnest(%s::uuid[], %s::int[], %s::int[])"
            " AS new (c, t, p) WHERE conversation_id = c AND through = t",
            [
                [conversation_id.hex for conversation_id, _ in carriers],
                [through for _, through in carriers],
                list(carriers.values()),
            ],
        )
