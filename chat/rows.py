"""The rows behind a batch: locked and read in one query, written in one statement, whatever the batch's size.

On PostgreSQL all that a batch changed travels as one JSON document. The ORM would spend more on making its statements
than all the rest costs (docs/performance.md); it reads and writes where the database is another one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from pydantic_core import from_json, to_json

from chat.models import Conversation, Feedback, Utterance
from chat.rules import Posted, Say, Standing
from esc.ontology import Role
from esc.studies.frozen import frozen

# Locked in one order, so that two batches never wait for each other in a ring. What only refers to the conversation (a
# notice, a connection) need not wait for this lock: no key is changed.
LOCK = """
SELECT n, protocol_version_id, agent, ended_at IS NULL AND import_index IS NULL,
       last_position, unrated, feedback_to_carry
  FROM unnest(%s::uuid[]) WITH ORDINALITY AS wanted (id, n)
  JOIN chat_conversation AS c USING (id) JOIN participants_seat AS s ON s.id = c.supporter_id
 ORDER BY c.id FOR NO KEY UPDATE OF c"""

DOCUMENT = "WITH document (document, sent_at) AS (VALUES (%(document)s::json, %(now)s::timestamptz))"

SAID = """said AS (
  INSERT INTO chat_utterance
         (conversation_id, position, role, text, strategy, client_id, sent_at, pasted_chars, typing_ms)
  SELECT c, p, r, t, s, i, sent_at, pc, ms
    FROM document, json_to_recordset(document -> 'said')
      AS (c uuid, p int, r text, t text, s text, i uuid, pc int, ms int))"""

RATED = """rated AS (
  INSERT INTO chat_feedback (conversation_id, through, score, carried_by, given_at)
  SELECT c, t, s, p, sent_at FROM document, json_to_recordset(document -> 'rated') AS (c uuid, t int, s int, p int))"""

CARRIED = """carried AS (
  UPDATE chat_feedback SET carried_by = p
    FROM document, json_to_recordset(document -> 'carried') AS (c uuid, t int, p int)
   WHERE conversation_id = c AND through = t AND conversation_id = ANY(%(ids)s::uuid[]))"""

# Where nobody wrote (o is null), the clock of silence and a proposal to end stay as they are. (That the ids are given
# once more tells the planner how few rows it is about: it takes their index, and does not read the whole table.)
STANDS = """
UPDATE chat_conversation
   SET last_position = p, unrated = u, feedback_to_carry = f,
       end_proposed_until = CASE WHEN e THEN NULL ELSE end_proposed_until END,
       owed_by = coalesce(o, owed_by),
       owed_since = CASE WHEN o IS NULL THEN owed_since ELSE sent_at END,
       nudge_due_at = CASE WHEN o IS NULL THEN nudge_due_at ELSE sent_at + n * interval '1 second' END,
       silence_due_at = CASE WHEN o IS NULL THEN silence_due_at ELSE sent_at + x * interval '1 second' END
  FROM document, json_to_recordset(document -> 'stands')
    AS (c uuid, p int, u jsonb, f int, e boolean, o text, n int, x int)
 WHERE id = c AND id = ANY(%(ids)s::uuid[])"""


class Row(NamedTuple):
    """What a standing is made of, in the order of both ways to read it."""

    version_id: int
    agent: str
    is_open: bool
    last_position: int
    unrated: list[int]
    feedback_to_carry: int | None


def lock_standings(ids: Collection[UUID]) -> dict[UUID, Standing]:
    """The conversations, locked, with what a batch needs to know of each. One that there is not is left out."""
    found = _lock_at_once(list(ids)) if connection.vendor == "postgresql" else _lock_by_orm(ids)
    return {pk: _standing(pk, row) for pk, row in found}


def _lock_at_once(ids: list[UUID]) -> Iterable[tuple[UUID, Row]]:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [[pk.hex for pk in ids]])
        found = cursor.fetchall()
    return [
        (ids[n - 1], Row(version_id, agent, is_open, position, from_json(unrated), carry))
        for n, version_id, agent, is_open, position, unrated, carry in found
    ]


def _lock_by_orm(ids: Collection[UUID]) -> Iterable[tuple[UUID, Row]]:
    conversations = (
        Conversation.objects.filter(pk__in=ids)
        .select_for_update(of=("self",), no_key=True)
        .select_related("supporter")
        .order_by("pk")
    )
    return [
        (
            one.pk,
            Row(one.protocol_version_id, one.agent, one.is_open, one.last_position, one.unrated, one.feedback_to_carry),
        )
        for one in conversations
    ]


def _standing(pk: UUID, row: Row) -> Standing:
    version = frozen(row.version_id)
    return Standing(pk, version.protocol, version.strategies, *row[1:])


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
    if connection.vendor == "postgresql":
        _write_at_once(standings, now)
    else:
        _write_by_orm(standings, now)


def _write_at_once(standings: Sequence[Standing], now: datetime) -> None:
    document: dict[str, list[dict[str, Any]]] = {
        "said": [_said(say, position) for standing in standings for say, position in standing.said],
        # A rating's carrier may have come in the same batch; older ratings may have found theirs now.
        "rated": [
            {"c": standing.id, "t": rate.through, "s": rate.score, "p": standing.carriers.pop(rate.through, None)}
            for standing in standings
            for rate in standing.rated
        ],
        "carried": [
            {"c": standing.id, "t": through, "p": position}
            for standing in standings
            for through, position in standing.carriers.items()
        ],
        "stands": [_stands(standing) for standing in standings],
    }
    values: dict[str, Any] = {
        "document": to_json(document).decode(),
        "now": now,
        "ids": [standing.id.hex for standing in standings],
    }
    parts = [part for part, rows in ((SAID, "said"), (RATED, "rated"), (CARRIED, "carried")) if document[rows]]
    with connection.cursor() as cursor:
        cursor.execute(", ".join([DOCUMENT, *parts]) + STANDS, values)


def _said(say: Say, position: int) -> dict[str, Any]:
    return {
        "c": say.conversation_id,
        "p": position,
        "r": say.role,
        "t": say.text,
        "s": say.strategy or "",
        "i": say.client_id,
        "pc": say.pasted_chars,
        "ms": say.typing_ms,
    }


def _stands(standing: Standing) -> dict[str, Any]:
    clocks = standing.protocol.clocks
    return {
        "c": standing.id,
        "p": standing.last_position,
        "u": standing.unrated,
        "f": standing.feedback_to_carry,
        "e": standing.proposal_is_over,
        "o": standing.owed_by,
        "n": clocks.silence_nudge,
        "x": clocks.silence_end,
    }


def _write_by_orm(standings: Sequence[Standing], now: datetime) -> None:
    said = [(say, position) for standing in standings for say, position in standing.said]
    Utterance.objects.bulk_create([_utterance(say, position, now) for say, position in said])
    for standing in standings:
        Conversation.objects.filter(pk=standing.id).update(**_changes(standing, now))
        for rate in standing.rated:
            Feedback.objects.create(
                conversation_id=standing.id,
                through=rate.through,
                score=rate.score,
                carried_by=standing.carriers.pop(rate.through, None),
                given_at=now,
            )
        for through, position in standing.carriers.items():
            Feedback.objects.filter(conversation_id=standing.id, through=through).update(carried_by=position)


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


def _changes(standing: Standing, now: datetime) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "last_position": standing.last_position,
        "unrated": standing.unrated,
        "feedback_to_carry": standing.feedback_to_carry,
    }
    if standing.proposal_is_over:
        changes["end_proposed_until"] = None
    if standing.owed_by is not None:
        clocks = standing.protocol.clocks
        changes["owed_by"], changes["owed_since"] = standing.owed_by, now
        changes["nudge_due_at"] = now + timedelta(seconds=clocks.silence_nudge)
        changes["silence_due_at"] = now + timedelta(seconds=clocks.silence_end)
    return changes
