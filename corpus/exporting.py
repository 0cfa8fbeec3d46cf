"""Lets conversations out in the release's `esconv` format (DESIGN §7), as a stream: memory does not grow with them."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from django.db.models import prefetch_related_objects

from chat.models import Conversation, ConversationQuerySet, Feedback, Utterance
from corpus.fields import HEAD, SCORES, TAIL, Answers, answered
from corpus.models import ImportedRecord
from qc.queries import latest_verdicts
from surveys.queries import given_answers_of_many

AT_ONCE = 100  # conversations in memory; each batch takes the same few queries


@dataclass
class Tally:
    """What a stream has let out so far."""

    conversations: int = 0
    scores_without_carrier: int = 0  # feedback given after the seeker's last utterance: this format has no place for it


def exportable(conversations: ConversationQuerySet, *, verdict: str = "") -> ConversationQuerySet:
    """Those of them that an export takes, in its order: collected, over, and judged so at last where `verdict` says."""
    taken = conversations.collected().over()
    if verdict:
        taken = taken.filter(pk__in=latest_verdicts().filter(decision=verdict).values("conversation"))
    return taken.in_corpus_order()


def esconv_chunks(conversations: ConversationQuerySet, tally: Tally | None = None) -> Generator[bytes, None, None]:
    """The bytes of one JSON array, laid out as the release is, one chunk for each batch of conversations.

    The same rows give the same bytes. `tally` has counted everything once the last chunk is out.
    """
    tally = Tally() if tally is None else tally
    rows = conversations.select_related("imported_record").iterator(chunk_size=AT_ONCE)
    while batch := list(islice(rows, AT_ONCE)):
        opening = b",\n" if tally.conversations else b"[\n"
        yield opening + ",\n".join(_written(record) for record in _records(batch, tally)).encode()
    yield b"\n]\n" if tally.conversations else b"[]\n"


def write_esconv(conversations: ConversationQuerySet, folder: Path) -> Tally:
    """`esconv.json` in that folder (made where it is missing) holds these conversations: all, or what it held before.

    Raises OSError where the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tally, unfinished = Tally(), folder / f".esconv.json.{os.getpid()}"
    try:
        with unfinished.open("wb") as file:
            file.writelines(esconv_chunks(conversations, tally))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(folder / "esconv.json")
    finally:
        unfinished.unlink(missing_ok=True)
    return tally


def _written(record: Mapping[str, Any]) -> str:
    # No string in JSON holds a raw line break, so every break here is one of the layout.
    return " " + json.dumps(record, ensure_ascii=False, indent=1).replace("\n", "\n ")


def _records(batch: list[Conversation], tally: Tally) -> Iterator[dict[str, Any]]:
    prefetch_related_objects(batch, "utterances", "feedback")
    given = given_answers_of_many(batch)
    for conversation in batch:
        feedback = list(conversation.feedback.all())
        tally.conversations += 1
        tally.scores_without_carrier += sum(score.carried_by is None for score in feedback)
        yield _record(conversation, feedback, given[conversation.pk])


def _record(conversation: Conversation, feedback: Iterable[Feedback], given: Mapping[str, Answers]) -> dict[str, Any]:
    """One conversation in the release's shape; keys in the release's order."""
    carried = {score.carried_by: score.score for score in feedback}
    return {
        **answered(HEAD, given),
        **_survey_score(conversation, given),
        "dialog": [_line(utterance, carried) for utterance in conversation.utterances.all()],
        **answered(TAIL, given),
    }


def _survey_score(conversation: Conversation, given: Mapping[str, Answers]) -> dict[str, Any]:
    """Both parts, with the scores that were given; of an imported record those parts that it had."""
    imported: ImportedRecord | None = getattr(conversation, "imported_record", None)
    parts = list(SCORES) if imported is None else imported.score_parts
    if parts is None:
        return {}
    return {
        "survey_score": {
            part: {key: str(score) for key, score in answered(SCORES[part], given).items()} for part in parts
        }
    }


def _line(utterance: Utterance, carried: Mapping[int | None, int]) -> dict[str, Any]:
    annotation: dict[str, str] = {}
    if utterance.strategy:
        annotation["strategy"] = utterance.strategy
    elif utterance.position in carried:
        annotation["feedback"] = str(carried[utterance.position])
    return {"speaker": utterance.role, "annotation": annotation, "content": utterance.text}
