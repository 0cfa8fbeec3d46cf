from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import Conversation
from corpus.importing import import_esconv
from corpus.judging import transcript_of
from corpus.reading import read_corpus
from esc.errors import FileRefusal
from esc.ontology import Role
from esc.studies.loading import default_protocol_text, parse_protocol
from esc.studies.models import Study
from esc.studies.services import create_study, open_study
from qc.models import Verdict
from qc.queries import transcripts_of
from qc.services import judge_waiting
from surveys.queries import given_answers
from tests.corpus.made_up import exported, imported, record, seeker, supporter, written

pytestmark = pytest.mark.django_db


def rows() -> dict[str, int]:
    """How many rows every table of ours has."""
    names = ("studies", "participants", "chat", "surveys", "qc", "corpus")
    return {
        model._meta.label: model._default_manager.count()
        for name in names
        for model in apps.get_app_config(name).get_models()
    }


def test_a_record_becomes_a_conversation_that_is_over() -> None:
    done = imported(record())

    conversation = Conversation.objects.get()
    assert (done.conversations, done.made_study, done.first_index) == (1, True, 0)
    assert (conversation.import_index, conversation.is_open, conversation.ending) == (0, False, "")
    assert (conversation.seeker.sitting, conversation.supporter.sitting) == (None, None)
    assert (conversation.last_position, conversation.unrated) == (5, [5])
    assert list(Conversation.objects.open()) == []
    said = list(conversation.utterances.values_list("position", "role", "strategy"))
    assert said[1:4] == [(2, Role.SUPPORTER, "Others"), (3, Role.SUPPORTER, "Question"), (4, Role.SEEKER, "")]
    assert given_answers(conversation) == {
        "seeker_before": {
            "experience_type": "Current Experience",
            "emotion_type": "anxiety",
            "problem_type": "sleep problems",
            "situation": " We moved in May.\nI lie awake. ",
            "initial_emotion_intensity": 5,
        },
        "seeker_after": {
            "final_emotion_intensity": 2,
            "empathy": 4,
            "relevance": 5,
            "seeker_question1": "It helped to be asked.",
            "seeker_question2": "",
        },
        "supporter_after": {"detail": 3, "supporter_question1": "Hard to begin.", "supporter_question2": ""},
    }


def test_a_score_stands_through_the_supporters_newest_utterance_and_is_carried_as_in_the_file() -> None:
    imported(
        record(
            dialog=[
                seeker(feedback=1),  # before the supporter spoke: there is nothing it could stand through
                supporter(),
                supporter(),
                seeker(feedback=2),
                seeker(feedback=3),  # once more for the same utterances
                supporter(),
                seeker(),
                seeker(feedback=4),
            ]
        )
    )

    given = Conversation.objects.get().feedback.order_by("carried_by")
    assert list(given.values_list("through", "carried_by", "score")) == [
        (None, 1, 1),
        (3, 4, 2),
        (None, 5, 3),
        (6, 8, 4),
    ]
    (transcript,) = transcripts_of([Conversation.objects.get()]).values()
    assert transcript.feedback == (1, 2, 3, 4)


def test_a_study_is_made_from_the_default_protocol_and_closed_to_participants() -> None:
    imported(slug="brand-new")

    study = Study.objects.get(slug="brand-new")
    assert study.state == Study.State.CLOSED
    assert study.version.text == default_protocol_text()


def test_another_file_comes_after_what_was_imported_before(study: Study) -> None:
    imported(record(), record(), slug=study.slug)
    second = imported(record(situation="Another one."), slug=study.slug)

    assert (second.made_study, second.first_index) == (False, 2)
    assert [found["situation"] for found in exported(study)][2] == "Another one."
    assert Study.objects.count() == 1


def test_a_study_that_never_opened_has_no_labels_to_read_by(db: None) -> None:
    create_study(slug="corpus", text=default_protocol_text())

    with pytest.raises(FileRefusal, match="open it first"):
        imported(record())
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"[", id="not JSON"),
        pytest.param(written(record(), record(), {}), id="the last record is broken"),
        pytest.param(written(record(), record(dialog=[supporter(strategy="Greeting")])), id="a foreign label"),
    ],
)
@pytest.mark.parametrize("slug", ["demo", "another"])
def test_a_broken_file_changes_nothing(study: Study, data: bytes, slug: str) -> None:
    imported(record(), slug=study.slug)
    before = rows()

    with pytest.raises(FileRefusal):
        import_esconv(slug=slug, data=data)

    assert rows() == before


def test_a_foreign_label_comes_in_as_what_it_is_mapped_to(study: Study) -> None:
    imported(record(dialog=[supporter(strategy="Greeting")]), slug=study.slug, mapping=("Greeting=Others",))

    assert exported(study)[0]["dialog"][0]["annotation"] == {"strategy": "Others"}


def test_labels_are_those_of_the_studys_own_protocol(db: None) -> None:
    text = default_protocol_text().replace('value = "academic pressure"', 'value = "exam nerves"')
    open_study(study_id=create_study(slug="corpus", text=text).pk)

    with pytest.raises(FileRefusal, match="unknown problem 'academic pressure'"):
        imported(record(problem_type="academic pressure"))
    assert imported(record(problem_type="Exam nerves")).conversations == 1


def test_a_conversation_costs_no_query_of_its_own(study: Study) -> None:
    def queries(count: int) -> int:
        data = written(*[record()] * count)
        with CaptureQueriesContext(connection) as captured:
            import_esconv(slug=study.slug, data=data)
        return len(captured)

    few = queries(2)
    assert queries(12) == few


def test_an_imported_conversation_is_judged_by_the_sweep_as_its_record_would_be(study: Study) -> None:
    data = written(record(), record(dialog=[seeker(), supporter()] * 8, survey_score=None))
    import_esconv(slug=study.slug, data=data)

    assert judge_waiting(now=timezone.now()) == 2
    assert judge_waiting(now=timezone.now()) == 0

    verdicts = Verdict.objects.order_by("conversation__import_index")
    assert [verdict.decision for verdict in verdicts] == ["filtered", "rejected"]
    records = read_corpus(data, parse_protocol(default_protocol_text()))
    assert [verdict.transcript_sha256 for verdict in verdicts] == [transcript_of(one).sha256 for one in records]
