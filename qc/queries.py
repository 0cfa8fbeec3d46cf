"""What quality control reads: transcripts of conversations, and which conversations wait for a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce

from chat.models import Conversation, Feedback, Utterance
from esc.ontology import Ending, Role
from esc.studies.models import ProtocolVersion
from qc.models import Verdict
from qc.transcript import Line, Transcript
from surveys.models import SurveyResponse
from surveys.queries import Answers, given_answers_of_many


def transcripts_of(conversations: Sequence[Conversation]) -> dict[UUID, Transcript]:
    """The transcript of each of these conversations, as it is now; three queries, however many they are."""
    ids = [conversation.pk for conversation in conversations]
    lines: dict[UUID, list[Line]] = {pk: [] for pk in ids}
    scores: dict[UUID, list[int]] = {pk: [] for pk in ids}
    uttered = Utterance.objects.filter(conversation__in=ids).order_by("position")
    for pk, role, text in uttered.values_list("conversation_id", "role", "text"):
        lines[pk].append(Line(Role(role), text))
    # An imported score may have no `through`; its carrier stands in the same place of the order.
    rated = Feedback.objects.filter(conversation__in=ids).order_by(Coalesce("through", "carried_by"))
    for pk, score in rated.values_list("conversation_id", "score"):
        scores[pk].append(score)
    given = given_answers_of_many(conversations)
    return {
        conversation.pk: Transcript(
            utterances=tuple(lines[conversation.pk]),
            finished=_finished(conversation),
            feedback=tuple(scores[conversation.pk]),
            initial_emotion_intensity=_score(given[conversation.pk], "seeker_before", "initial_emotion_intensity"),
            final_emotion_intensity=_score(given[conversation.pk], "seeker_after", "final_emotion_intensity"),
            empathy=_score(given[conversation.pk], "seeker_after", "empathy"),
            relevance=_score(given[conversation.pk], "seeker_after", "relevance"),
            detail=_score(given[conversation.pk], "supporter_after", "detail"),
        )
        for conversation in conversations
    }


def _finished(conversation: Conversation) -> bool | None:
    if conversation.ending:
        return conversation.ending == Ending.ENDED_BY_SEEKER
    return None


def _score(given: Mapping[str, Answers], survey: str, item: str) -> int | None:
    return given.get(survey, {}).get(item)


def waiting_for_verdict(now: datetime) -> QuerySet[Conversation]:
    """Conversations that are due for a verdict and have none on all that has come in; the longest over first.

    Due is an imported one at once, and a collected one when the seeker's survey is in (the supporter's, too, where the
    protocol sets `detail`) or the deadline for surveys has passed. Another survey or score makes it due again.
    """
    judged = Verdict.objects.filter(
        conversation=OuterRef("pk"),
        protocol_version=OuterRef("protocol_version"),
        answers_seen__gte=OuterRef("answers_in"),
    )
    return (
        Conversation.objects.collected()
        .over()
        .annotate(answers_in=_answers_in())
        .filter(_due(now))
        .filter(~Exists(judged))
        .order_by(F("ended_at").asc(nulls_last=True), "import_index", "id")
    )


def count_answers(conversation_id: UUID) -> int:
    """How many surveys were handed in and feedback scores given in that conversation."""
    counted = Conversation.objects.annotate(answers_in=_answers_in()).values_list("answers_in", flat=True)
    answers_in: int = counted.get(pk=conversation_id)
    return answers_in


def _answers_in() -> CombinedExpression:
    def surveys(seat: str) -> Subquery:
        return _count(SurveyResponse.objects.filter(seat=OuterRef(seat), submitted_at__isnull=False))

    return surveys("seeker") + surveys("supporter") + _count(Feedback.objects.filter(conversation=OuterRef("pk")))


def _count(rows: QuerySet[Any]) -> Subquery:
    """COUNT without a GROUP BY, so that no rows count as 0."""
    counted = rows.order_by().annotate(rows=Func(F("pk"), function="COUNT", output_field=IntegerField()))
    return Subquery(counted.values("rows"))


def _due(now: datetime) -> Q:
    """Thresholds and deadlines are in protocol files, so there is one condition for each version in use."""
    due = Q(import_index__isnull=False)
    for version in ProtocolVersion.objects.filter(Exists(Conversation.objects.filter(protocol_version=OuterRef("pk")))):
        surveys_in = _given("seeker", "seeker_after")
        if version.protocol.approval.detail is not None:
            surveys_in &= _given("supporter", "supporter_after")
        deadline = timedelta(seconds=version.protocol.clocks.survey_deadline)
        due |= Q(protocol_version=version) & (Q(ended_at__lte=now - deadline) | surveys_in)
    return due


def _given(seat: str, survey: str) -> Q:
    return Q(Exists(SurveyResponse.objects.filter(seat=OuterRef(seat), survey=survey, submitted_at__isnull=False)))


def latest_verdicts() -> QuerySet[Verdict]:
    """The newest verdict on each conversation that has one."""
    newest = Verdict.objects.filter(conversation=OuterRef("conversation")).order_by("-id").values("pk")[:1]
    return Verdict.objects.filter(pk=Subquery(newest))
