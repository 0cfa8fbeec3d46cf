from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import Conversation
from corpus import exporting
from corpus.exporting import Tally, esconv_chunks, exportable, write_esconv
from esc.ontology import Purpose, Role
from esc.studies.models import Study
from qc.services import judge_conversation
from tests.chat.talk import end, paired, rate, say
from tests.corpus.made_up import exported, exported_bytes, imported, record
from tests.people import Person
from tests.qc.held import begun, ended, seeker_answers, supporter_answers

pytestmark = pytest.mark.django_db

KEYS = [
    "experience_type",
    "emotion_type",
    "problem_type",
    "situation",
    "survey_score",
    "dialog",
    "seeker_question1",
    "seeker_question2",
    "supporter_question1",
    "supporter_question2",
]


def test_a_collected_conversation_comes_out_as_it_was_typed_and_answered(study: Study) -> None:
    held = ended(study, exchanges=8, scores=(4,))
    seeker_answers(held, seeker_question2=" No. ")
    supporter_answers(held)

    (found,) = exported(study)

    assert list(found) == [key for key in KEYS if key != "supporter_question2"]
    assert found["problem_type"] == "job crisis"
    assert found["situation"] == "They cut my hours twice this month.\nI do not sleep."
    assert found["survey_score"] == {
        "seeker": {"initial_emotion_intensity": "4", "empathy": "4", "relevance": "5", "final_emotion_intensity": "2"},
        "supporter": {"relevance": "4"},
    }
    assert list(found["survey_score"]["seeker"]) == [
        "initial_emotion_intensity",
        "empathy",
        "relevance",
        "final_emotion_intensity",
    ]
    assert (found["seeker_question1"], found["seeker_question2"]) == (" It helped to say it out loud. ", " No. ")
    assert [line["speaker"] for line in found["dialog"]] == ["seeker", "supporter"] * 8
    assert [line["annotation"] for line in found["dialog"][:6]] == [
        {},
        {"strategy": "Question"},
        {},
        {"strategy": "Question"},
        {"feedback": "4"},
        {"strategy": "Question"},
    ]
    assert list(found["dialog"][0]) == ["speaker", "annotation", "content"]


def test_what_was_not_answered_leaves_its_key_out(study: Study) -> None:
    ended(study, exchanges=1)

    (found,) = exported(study)

    assert list(found) == KEYS[:6]
    assert found["survey_score"] == {"seeker": {"initial_emotion_intensity": "4"}, "supporter": {}}


def test_text_is_kept_to_the_last_character(sam: Person, pat: Person) -> None:
    conversation = paired(sam, pat)
    texts = [
        "  edges  \n",
        "\u2028 tab\there \x7f",
        '“quotes” "and" \\ slashes/',
        "e\u0301 é 👩‍👩‍👧 \U0001f3da",
        "a\r\nb\x85c",
    ]
    for text in texts:
        say(conversation, Role.SEEKER, text)
    end(conversation)

    (found,) = exported(conversation.study)

    assert [line["content"] for line in found["dialog"]] == texts


def test_a_score_that_nothing_carries_is_left_out_and_counted(sam: Person, pat: Person) -> None:
    conversation = paired(sam, pat)
    say(conversation, Role.SEEKER, "Hello.")
    say(conversation, Role.SUPPORTER, "Hello.")
    say(conversation, Role.SUPPORTER, "How are you?")
    rate(conversation)
    end(conversation)
    tally = Tally()

    (found,) = json.loads(b"".join(esconv_chunks(exportable(Conversation.objects.all()), tally)))

    assert all("feedback" not in line["annotation"] for line in found["dialog"])
    assert (tally.conversations, tally.scores_without_carrier) == (1, 1)


def test_only_collected_conversations_that_are_over_leave(study: Study) -> None:
    begun(study, exchanges=1)
    practice = ended(study, exchanges=1)
    Conversation.objects.filter(pk=practice.conversation.pk).update(purpose=Purpose.PRACTICE)
    kept = ended(study, exchanges=2)

    assert [len(found["dialog"]) for found in exported(study)] == [4]
    assert exportable(Conversation.objects.all()).get() == kept.conversation


def test_imported_ones_come_first_in_their_files_order_then_those_held_here(study: Study) -> None:
    ended(study, exchanges=1)
    imported(record(situation="first"), record(situation="second"), slug=study.slug)
    ended(study, exchanges=2)

    found = exported(study)

    assert [one["situation"] for one in found[:2]] == ["first", "second"]
    assert [len(one["dialog"]) for one in found[2:]] == [2, 4]


def test_a_named_verdict_is_the_latest_one(study: Study) -> None:
    held, other = ended(study), ended(study, exchanges=2)
    for one in (held, other):
        judge_conversation(conversation_id=one.conversation.pk)
    seeker_answers(held, empathy="1", relevance="1")
    judge_conversation(conversation_id=held.conversation.pk)

    def count(verdict: str) -> int:
        return exportable(Conversation.objects.all(), verdict=verdict).count()

    assert {verdict: count(verdict) for verdict in ("approved", "rejected", "filtered")} == {
        "approved": 0,
        "rejected": 1,
        "filtered": 1,
    }


def test_no_conversation_is_an_empty_array(study: Study) -> None:
    assert exported_bytes(study) == b"[]\n"


def test_the_same_study_gives_the_same_bytes(study: Study) -> None:
    imported(record(), record(survey_score=None), slug=study.slug)
    ended(study, exchanges=2)

    assert exported_bytes(study) == exported_bytes(study)


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_how_many_are_read_at_once_changes_no_byte(study: Study, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    imported(*(record(situation=f"Number {number}.") for number in range(5)), slug=study.slug)
    whole = exported_bytes(study)
    monkeypatch.setattr(exporting, "AT_ONCE", at_once)

    chunks = list(esconv_chunks(exportable(study.conversations.all())))

    assert b"".join(chunks) == whole
    assert len(chunks) == -(-5 // at_once) + 1


def test_a_conversation_costs_no_query_of_its_own(study: Study) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            exported_bytes(study)
        return len(captured)

    imported(*[record()] * 2, slug=study.slug)
    few = queries()
    imported(*[record()] * 20, slug=study.slug)

    assert queries() == few


def test_a_file_is_there_whole_or_as_it_was(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "new" / "folder"
    imported(record(), record(), slug=study.slug)
    write_esconv(exportable(study.conversations.all()), folder)
    before = (folder / "esconv.json").read_bytes()
    monkeypatch.setattr(exporting, "AT_ONCE", 1)
    monkeypatch.setattr(exporting, "_line", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        write_esconv(exportable(study.conversations.all()), folder)

    assert [path.name for path in folder.iterdir()] == ["esconv.json"]
    assert (folder / "esconv.json").read_bytes() == before == exported_bytes_as_released(study)


def exported_bytes_as_released(study: Study) -> bytes:
    """The layout of the released files: JSON in UTF-8, indented by one."""
    return (json.dumps([record(), record()], ensure_ascii=False, indent=1) + "\n").encode()


def test_a_late_survey_is_in_the_next_export(study: Study) -> None:
    held = ended(study, exchanges=1)
    assert "empathy" not in exported(study)[0]["survey_score"]["seeker"]
    seeker_answers(held)

    assert exported(study)[0]["survey_score"]["seeker"]["empathy"] == "4"
    assert held.conversation.ended_at is not None
    assert held.conversation.ended_at < timezone.now()
