"""The rows behind a batch: locked and read in one query, written in one statement, whatever the batch's size.

On PostgreSQL all that a batch changed travels as one JSON document, and may be written without having been read. The
ORM would spend more on making its statements than all the rest costs (docs/performance.md); it reads and writes where
the database is another one.
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

# All that a batch changed. A conversation that does not stand any more as the batch took it (`Standing.found`) is left
# as it is, with all that was to be written there: whoever remembered it was wrong. The others are told by their place.
# Where nobody wrote (o is null), the clock of silence and a proposal to end stay as they are.
WRITE = """
WITH wanted AS (
  SELECT * FROM json_to_recordset(%(document)s)
    AS (place int, c uuid, found_open boolean, found_position int, found_unrated jsonb, found_carry int,
        p int, u jsonb, f int, e boolean, o text, n int, x int, said json, rated json, carried json)
), stands AS (
  UPDATE chat_conversation
     SET last_position = p, unrated = u, feedback_to_carry = f,
         end_proposed_until = CASE WHEN e THEN NULL ELSE end_proposed_until END,
         owed_by = coalesce(o, owed_by),
         owed_since = CASE WHEN o IS NULL THEN owed_since ELSE %(now)s END,
         nudge_due_at = CASE WHEN o IS NULL THEN nudge_due_at ELSE %(now)s + n * interval '1 second' END,
         silence_due_at = CASE WHEN o IS NULL THEN silence_due_at ELSE %(now)s + x * interval '1 second' END
    FROM wanted
   WHERE id = c AND id = ANY (ARRAY(SELECT c FROM wanted))
     AND last_position = found_position AND unrated = found_unrated
     AND feedback_to_carry IS NOT DISTINCT FROM found_carry
     AND (ended_at IS NULL AND import_index IS NULL) = found_open
  RETURNING place, c, said, rated, carried
), says AS (
  INSERT INTO chat_utterance
         (conversation_id, position, role, text, strategy, client_id, sent_at, pasted_chars, typing_ms)
  SELECT c, position, r, t, s, i, %(now)s, pc, ms
    FROM stands, json_to_recordset(said) AS (position int, r text, t text, s text, i uuid, pc int, ms int)
), rates AS (
  INSERT INTO chat_feedback (conversation_id, through, score, carried_by, given_at)
  SELECT c, through, score, carrier, %(now)s
    FROM stands, json_to_recordset(rated) AS (through int, score int, carrier int)
), carrying AS (
  SELECT c, rating, carrier FROM stands, json_to_recordset(carried) AS (rating int, carrier int)
), carriers AS (
  UPDATE chat_feedback
     SET carried_by = (SELECT carrier FROM carrying WHERE c = conversation_id AND rating = through)
   WHERE id = ANY (ARRAY(
     SELECT (SELECT id FROM chat_feedback WHERE conversation_id = c AND through = rating) FROM carrying))
) SELECT place FROM stands"""
WRITE_LOCKED = WRITE % {"document": "%(document)s::json", "now": "%(now)s::timestamptz"}

# The same for a connection that writes nothing else: to plan it anew for each batch would take longer than to do it.
# The one plan may be made while a table is empty, and serve when it is large. Hence each row is found by an index,
# whatever PostgreSQL thinks of the tables (`= ANY (ARRAY(…))`), in the order of the document, which is that of LOCK.
PREPARED = """
SET plan_cache_mode = force_generic_plan;
SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
PREPARE write (json, timestamptz) AS """
PREPARED += WRITE % {"document": "$1", "now": "$2"}
WRITE_PREPARED = "EXECUTE write (%(document)s, %(now)s)"


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
    """Everything that the batch changed, in locked rows. Raises IntegrityError where a client_id was posted before."""
    if connection.vendor != "postgresql":
        _write_by_orm(standings, now)
        return
    with connection.cursor() as cursor:
        cursor.execute(WRITE_LOCKED, values_of(standings, now))
        if len(cursor.fetchall()) != len(standings):
            raise RuntimeError("a locked row was changed by somebody else")


def values_of(standings: Sequence[Standing], now: datetime) -> dict[str, Any]:
    """What `WRITE` is given to write these."""
    in_order = sorted(enumerate(standings), key=_by_id)
    return {"document": to_json([_stands(place, standing) for place, standing in in_order]).decode(), "now": now}


def _by_id(placed: tuple[int, Standing]) -> int:
    """As PostgreSQL orders them."""
    return placed[1].id.int


def _stands(place: int, standing: Standing) -> dict[str, Any]:
    clocks, found = standing.protocol.clocks, standing.found
    row: dict[str, Any] = {
        "place": place,
        "c": standing.id,
        "found_open": found.is_open,
        "found_position": found.last_position,
        "found_unrated": found.unrated,
        "found_carry": found.feedback_to_carry,
        "p": standing.last_position,
        "u": standing.unrated,
        "f": standing.feedback_to_carry,
        "e": standing.proposal_is_over,
        "o": standing.owed_by,
        "n": clocks.silence_nudge,
        "x": clocks.silence_end,
    }
    if standing.said:
        row["said"] = [_said(say, position) for say, position in standing.said]
    if standing.rated:  # its carrier may have come in the same batch
        row["rated"] = [
            {"through": rate.through, "score": rate.score, "carrier": standing.carriers.get(rate.through)}
            for rate in standing.rated
        ]
    if standing.carriers:
        row["carried"] = [{"rating": through, "carrier": at} for through, at in standing.carriers.items()]
    return row


def _said(say: Say, position: int) -> dict[str, Any]:
    return {
        "position": position,
        "r": say.role,
        "t": say.text,
        "s": say.strategy or "",
        "i": say.client_id,
        "pc": say.pasted_chars,
        "ms": say.typing_ms,
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
                carried_by=standing.carriers.get(rate.through),
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
