from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import Conversation
from chat.services import give_feedback
from esc.errors import Refusal
from esc.ontology import Purpose, Role
from esc.studies.loading import default_protocol_text
from esc.studies.models import Study
from esc.studies.services import create_study, open_study
from qc.models import Verdict
from qc.queries import transcripts_of, waiting_for_verdict
from qc.services import judge_conversation, judge_waiting
from qc.tasks import judge_waiting as task
from tests.qc.held import begun, ended, seeker_answers, supporter_answers

DAY = timedelta(days=1)


def waiting(later: timedelta = timedelta()) -> list[Conversation]:
    return list(waiting_for_verdict(timezone.now() + later))


def test_a_verdict_names_its_findings_rules_version_and_transcript(study: Study) -> None:
    held = ended(study)
    seeker_answers(held)

    verdict = judge_conversation(conversation_id=held.conversation.pk)

    assert verdict.decision == "approved"
    assert [finding["rule"] for finding in verdict.findings] == [
        "finished",
        "utterances",
        "improvement",
        "supporter_length",
        "empathy",
        "relevance",
        "seeker_length",
    ]
    assert set(verdict.findings[0]) == {"rule", "value", "threshold", "passed", "reason"}
    assert verdict.protocol_version == study.version
    assert verdict.transcript_sha256 == transcripts_of([held.conversation])[held.conversation.pk].sha256


def test_the_same_state_judged_twice_is_one_verdict(study: Study) -> None:
    held = ended(study)
    seeker_answers(held)

    first = judge_conversation(conversation_id=held.conversation.pk)

    assert judge_conversation(conversation_id=held.conversation.pk) == first
    assert Verdict.objects.count() == 1


def test_a_later_survey_makes_a_new_verdict_and_keeps_the_old_one(study: Study) -> None:
    held = ended(study, scores=(5, 5, 5))
    first = judge_conversation(conversation_id=held.conversation.pk)  # without the survey, by the feedback
    seeker_answers(held, empathy="1", relevance="1")

    second = judge_conversation(conversation_id=held.conversation.pk)

    first.refresh_from_db()
    assert (first.decision, second.decision) == ("approved", "rejected")
    assert held.conversation.verdicts.latest() == second


@pytest.mark.parametrize(("by", "decision"), [(Role.SEEKER, "approved"), (Role.SUPPORTER, "filtered")])
def test_finished_means_ended_by_the_seeker(study: Study, by: Role, decision: str) -> None:
    held = ended(study, by=by)
    seeker_answers(held)

    assert judge_conversation(conversation_id=held.conversation.pk).decision == decision


def test_the_confirmed_intensity_is_the_one_that_counts(study: Study) -> None:
    held = ended(study)
    seeker_answers(held, final_emotion_intensity="1")

    (transcript,) = transcripts_of([held.conversation]).values()

    assert (transcript.initial_emotion_intensity, transcript.final_emotion_intensity) == (4, 1)


def test_a_draft_is_no_survey(study: Study) -> None:
    held = ended(study)
    held.seeker.sitting.current_seat.surveys.create(survey="seeker_after", draft={"empathy": "5"})  # type: ignore[union-attr]

    (transcript,) = transcripts_of([held.conversation]).values()

    assert transcript.empathy is None


def test_an_open_conversation_is_not_judged(study: Study) -> None:
    held = begun(study)

    with pytest.raises(Refusal, match="goes on"):
        judge_conversation(conversation_id=held.conversation.pk)
    assert waiting(DAY) == []


def test_a_verdict_waits_for_the_seekers_survey(study: Study) -> None:
    held = ended(study)
    assert waiting() == []
    supporter_answers(held)
    assert waiting() == []

    seeker_answers(held)

    assert waiting() == [held.conversation]
    judge_waiting(now=timezone.now())
    assert waiting() == waiting(DAY) == []


def test_the_deadline_ends_the_waiting(study: Study) -> None:
    held = ended(study)
    deadline = timedelta(seconds=study.protocol.clocks.survey_deadline)
    assert held.conversation.ended_at

    assert not waiting_for_verdict(held.conversation.ended_at + deadline - timedelta(seconds=1)).exists()
    assert waiting_for_verdict(held.conversation.ended_at + deadline).get() == held.conversation


def test_where_detail_counts_the_supporters_survey_is_waited_for_too(db: None) -> None:
    text = default_protocol_text().replace("seeker_length = 6\n", "seeker_length = 6\ndetail = 3\n")
    study = create_study(slug="detailed", text=text)
    open_study(study_id=study.pk)
    study.refresh_from_db()
    held = ended(study)
    seeker_answers(held)
    assert waiting() == []

    supporter_answers(held, detail="2")

    assert judge_waiting(now=timezone.now()) == 1
    verdict = Verdict.objects.get()
    assert (verdict.decision, verdict.findings[-1]["rule"], verdict.findings[-1]["value"]) == ("rejected", "detail", 2)


def test_whatever_comes_after_a_verdict_is_judged_once_more_and_then_no_more(study: Study) -> None:
    held = ended(study)
    judge_waiting(now=timezone.now() + DAY)
    seeker_answers(held)  # long after the deadline
    assert judge_waiting(now=timezone.now()) == 1
    supporter_answers(held)  # its rating is part of the transcript, though no rule of this study looks at it
    assert judge_waiting(now=timezone.now()) == 1

    assert judge_waiting(now=timezone.now() + DAY) == 0
    assert Verdict.objects.count() == 3


def test_an_answer_that_changes_no_transcript_is_looked_at_once(study: Study) -> None:
    held = ended(study)
    seeker_answers(held)
    judge_waiting(now=timezone.now())
    seat = held.conversation.supporter
    seat.surveys.create(survey="supporter_after", answers={}, submitted_at=timezone.now())

    assert judge_waiting(now=timezone.now()) == 1
    assert judge_waiting(now=timezone.now()) == 0
    assert Verdict.objects.count() == 1


def test_feedback_given_after_the_end_counts(study: Study) -> None:
    held = ended(study, exchanges=8, scores=(5, 5))
    held.conversation.refresh_from_db()
    judge_waiting(now=timezone.now() + DAY)
    assert held.conversation.feedback_due
    through = held.conversation.feedback_due
    give_feedback(conversation_id=held.conversation.pk, role=Role.SEEKER, through=through, score=1, after_end=True)

    assert judge_waiting(now=timezone.now() + DAY) == 1
    assert Verdict.objects.latest().findings[-1]["value"] == [5, 1]


def test_only_collected_conversations_are_judged(study: Study) -> None:
    held = ended(study)
    seeker_answers(held)
    Conversation.objects.update(purpose=Purpose.PRACTICE)

    assert waiting(DAY) == []


def test_one_that_cannot_be_judged_keeps_no_other_from_its_verdict(
    study: Study, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = ended(study), ended(study)
    for held in (broken, sound):
        seeker_answers(held)
    broken.conversation.seeker.surveys.filter(survey="seeker_after").update(
        answers={"final_emotion_intensity": "four", "empathy": 4, "relevance": 4}
    )

    assert judge_waiting(now=timezone.now()) == 1

    assert Verdict.objects.get().conversation == sound.conversation
    assert str(broken.conversation.pk) in caplog.text


def test_the_task_judges_what_waits(study: Study) -> None:
    held = ended(study)
    seeker_answers(held)

    task()
    task()

    assert Verdict.objects.get().conversation == held.conversation


@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_make_one_verdict_each(study: Study) -> None:
    for _ in range(3):
        seeker_answers(ended(study, exchanges=2))
    start = Barrier(4)

    def work() -> None:
        start.wait()
        try:
            judge_waiting(now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        for done in [workers.submit(work) for _ in range(4)]:
            done.result()

    assert Verdict.objects.count() == 3
    assert waiting() == []


def test_looking_for_work_takes_two_queries_however_much_there_is(study: Study) -> None:
    def look() -> int:
        with CaptureQueriesContext(connection) as queries:
            waiting(DAY)
        return len(queries)

    ended(study)
    few = look()
    for _ in range(3):
        ended(study)

    assert look() == few <= 2
