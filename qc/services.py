"""Quality control gives its verdicts here."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from chat.models import Conversation
from esc.errors import Refusal
from qc.models import Verdict
from qc.queries import count_answers, transcripts_of, waiting_for_verdict
from qc.verdicts import judge, rules_sha256

log = logging.getLogger(__name__)

AT_ONCE = 50  # verdicts of one sweep: after a large import it must not keep other work waiting for long


def judge_conversation(*, conversation_id: UUID) -> Verdict:
    """The verdict on the conversation as it now is, by the rules of its own protocol version.

    Judging the same state again gives the same row; what came later (a survey, another protocol) gives a new one.
    Refuses (`still_open`) a conversation that goes on.
    """
    conversation = Conversation.objects.select_related("protocol_version").get(pk=conversation_id)
    if conversation.is_open:
        raise Refusal("still_open", "This conversation goes on. It can be judged when it has ended.")
    # Answers are counted before they are read: one that comes in between is judged now, and looked for once more.
    answers_in = count_answers(conversation_id)
    transcript = transcripts_of([conversation])[conversation.pk]
    rules, unit = conversation.protocol.approval, conversation.protocol.length.unit
    judgement = judge(transcript, rules, unit)
    verdict, _ = Verdict.objects.get_or_create(
        conversation=conversation,
        rules_sha256=rules_sha256(rules, unit),
        transcript_sha256=transcript.sha256,
        defaults={
            "decision": judgement.decision,
            "findings": [finding.as_dict() for finding in judgement.findings],
            "protocol_version": conversation.protocol_version,
            "answers_seen": answers_in,
        },
    )
    Verdict.objects.filter(pk=verdict.pk, answers_seen__lt=answers_in).update(answers_seen=answers_in)
    return verdict


def judge_waiting(*, now: datetime, at_most: int = AT_ONCE) -> int:
    """Conversations that wait for a verdict have one, the longest over first; comes back with how many.

    One that cannot be judged is a bug: it reaches the log with its traceback, and keeps no other from its verdict.
    """
    waiting = list(waiting_for_verdict(now).values_list("pk", flat=True)[:at_most])
    return sum(_judge_or_log(conversation_id) for conversation_id in waiting)


def judge_all_waiting(*, now: datetime, study_id: int) -> int:
    """As `judge_waiting`, for everything in one study that waits for a verdict."""
    waiting = list(waiting_for_verdict(now).filter(study=study_id).values_list("pk", flat=True))
    return sum(_judge_or_log(conversation_id) for conversation_id in waiting)


def _judge_or_log(conversation_id: UUID) -> bool:
    try:
        judge_conversation(conversation_id=conversation_id)
    except Exception:
        log.exception("Conversation %s could not be judged.", conversation_id)
        return False
    return True
