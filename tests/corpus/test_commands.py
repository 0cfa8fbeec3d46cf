"""The three commands, as somebody at a terminal meets them."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from chat.models import Conversation
from esc.studies.models import Study
from tests.corpus.made_up import record, seeker, supporter, written
from tests.qc.held import begun, ended, seeker_answers
from tests.real_data import real_file

pytestmark = pytest.mark.django_db

LONG = [
    supporter("Would you like to tell me more about this move?"),
    seeker("I lie awake and think about it.", "5"),
] * 8
GOOD = record(dialog=LONG)
BAD_FILES = {
    "not JSON": b"[{]",
    "not an array": b"{}",
    "not UTF-8": b"\xff\xfe",
    "no dialog": written({}),
    "an empty dialog": written({"dialog": []}),
    "no text": written({"dialog": [seeker(content="")]}),
    "a strange strategy": written(GOOD, record(dialog=[supporter(strategy="Greeting")])),
    "a feedback of six": written(record(dialog=[seeker(feedback="6")])),
    "half a character": written(record(situation="\ud800")),
}


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def refused(*words: str) -> str:
    with pytest.raises(CommandError) as error:
        run(*words)
    return str(error.value)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A file with one conversation that is approved, one rejected and one filtered."""
    path = tmp_path / "corpus.json"
    path.write_bytes(written(GOOD, record(survey_score=None, dialog=[seeker(), supporter()] * 8), record()))
    return path


def verdicts(path: Path, *more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("qc_verdicts", str(path), "--json", *more))
    return found


def test_verdicts_come_in_the_files_order_with_their_findings(corpus: Path) -> None:
    found = verdicts(corpus)

    assert [(one["index"], one["verdict"]) for one in found] == [(0, "approved"), (1, "rejected"), (2, "filtered")]
    assert list(found[0]) == ["index", "verdict", "findings"]
    assert found[2]["findings"] == [
        {
            "rule": "finished",
            "value": None,
            "threshold": True,
            "passed": True,
            "reason": "The file does not say who ended the conversation, so it is taken as finished by the seeker.",
        },
        {
            "rule": "utterances",
            "value": 5,
            "threshold": 16,
            "passed": False,
            "reason": "The conversation has 5 utterances; at least 16 are needed.",
        },
    ]
    assert [finding["rule"] for finding in found[1]["findings"] if not finding["passed"]] == ["last_feedback"]


def test_verdicts_by_other_rules(corpus: Path) -> None:
    found = verdicts(corpus, "--rules", "utterances=5,improvement=4,empathy=5")

    assert [one["verdict"] for one in found] == ["rejected", "rejected", "rejected"]
    assert verdicts(corpus, "--rules", "detail=4")[0]["findings"][-1] == {
        "rule": "detail",
        "value": 3,
        "threshold": 4,
        "passed": False,
        "reason": "The supporter's rating of the seeker's detail is 3 of 5; at least 4 is needed.",
    }


def test_verdicts_as_a_table_with_counts(corpus: Path) -> None:
    table = run("qc_verdicts", str(corpus))

    assert "1 approved, 1 rejected, 1 filtered of 3" in table
    assert "utterances 5" in table


def test_verdicts_need_no_study_and_store_nothing(corpus: Path) -> None:
    verdicts(corpus)

    assert not Study.objects.exists()
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("fault", BAD_FILES)
def test_a_bad_file_stops_every_command_and_changes_nothing(tmp_path: Path, study: Study, fault: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(BAD_FILES[fault])

    assert f"{path} was not judged. " in refused("qc_verdicts", str(path), "--json")
    assert f"{path} was not imported. " in refused("import_esconv", str(path), "--study", study.slug)
    assert f"{path} was not imported. " in refused("import_esconv", str(path), "--study", "another")
    assert not Conversation.objects.exists()
    assert Study.objects.get() == study


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rules", "kindness=3"], "unknown rule 'kindness'; accepted: utterances"),
        (["--rules", "empathy=high"], "empathy=high: expected a number"),
        (["--map", "Greeting=Welcome"], "'Welcome' is no label of the protocol"),
        (["--map", "Greeting"], 'expected "Theirs=Ours"'),
    ],
)
def test_a_wrong_option_is_refused_with_what_is_accepted(corpus: Path, words: list[str], said: str) -> None:
    assert said in refused("qc_verdicts", str(corpus), *words)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refused("import_esconv", str(tmp_path / "nowhere.json"), "--study", "corpus")


def test_a_short_name_that_is_none_is_refused(corpus: Path) -> None:
    assert "Enter a valid" in refused("import_esconv", str(corpus), "--study", "my corpus")
    assert "at most 50" in refused("import_esconv", str(corpus), "--study", "long" * 20)
    assert not Study.objects.exists()


def test_import_then_export_gives_the_corpus_back(corpus: Path, tmp_path: Path) -> None:
    said = run("import_esconv", str(corpus), "--study", "corpus")
    assert "Imported 3 conversations into the study corpus." in said
    assert "from 0 to 2" in said

    said = run("export_esconv", "--study", "corpus", "--out", str(tmp_path / "out"))

    assert "Wrote 3 conversations to" in said
    assert json.loads((tmp_path / "out" / "esconv.json").read_text()) == json.loads(corpus.read_text())


def test_a_mistyped_name_is_seen_at_once_and_opens_no_door(corpus: Path) -> None:
    assert "NEW STUDY" in run("import_esconv", str(corpus), "--study", "corpus")
    assert "NEW STUDY" not in run("import_esconv", str(corpus), "--study", "corpus")
    said = run("import_esconv", str(corpus), "--study", "corpsu")
    assert "There was no study 'corpsu': A NEW STUDY WAS MADE from the default protocol." in said
    assert "It is closed to participants. Studies there were already: corpus." in said
    made = Study.objects.get(slug="corpsu")
    assert made.state == Study.State.CLOSED
    assert made.version.number == 1


def test_a_map_reads_their_labels_as_ours(tmp_path: Path) -> None:
    path = tmp_path / "theirs.json"
    path.write_bytes(written(record(emotion_type="worry", dialog=[supporter(strategy="Greeting")])))
    words = ["--map", "Greeting=Others", "--map", "Worry=Anxiety"]

    assert verdicts(path, *words)[0]["verdict"] == "filtered"
    run("import_esconv", str(path), "--study", "corpus", *words)

    assert Conversation.objects.get().utterances.get().strategy == "Others"


def test_an_export_by_verdict_judges_first_what_waits(corpus: Path, tmp_path: Path) -> None:
    run("import_esconv", str(corpus), "--study", "corpus")

    said = run("export_esconv", "--study", "corpus", "--out", str(tmp_path), "--verdict", "approved")

    assert "Wrote 1 conversation to" in said
    assert "Left out 2 conversations: not approved." in said
    assert json.loads((tmp_path / "esconv.json").read_text()) == [GOOD]


def test_an_export_says_what_it_left_out(study: Study, tmp_path: Path) -> None:
    begun(study, exchanges=1)
    held = ended(study, exchanges=4)
    seeker_answers(held)  # with a rating that no utterance comes after

    said = run("export_esconv", "--study", study.slug, "--out", str(tmp_path))

    assert "Wrote 1 conversation to" in said
    assert "Left out 1 conversation: still open." in said
    assert "Left out 1 feedback score: no utterance of the seeker came after to carry it." in said


def test_an_export_of_no_study_or_into_no_folder_is_refused(study: Study, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("kept")

    assert "There is no study 'nothing'. Studies: demo." in refused(
        "export_esconv", "--study", "nothing", "--out", str(tmp_path)
    )
    assert "cannot be written to" in refused("export_esconv", "--study", study.slug, "--out", str(in_the_way))
    assert in_the_way.read_text() == "kept"


@pytest.mark.real_data
def test_the_rejected_part_of_the_release_has_the_verdicts_of_an_independent_count() -> None:
    found = verdicts(real_file("failed_esconv_part1.json"))

    counts = {name: sum(one["verdict"] == name for one in found) for name in ("approved", "rejected", "filtered")}
    assert counts == {"approved": 9, "rejected": 73, "filtered": 16}
