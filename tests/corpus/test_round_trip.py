"""What is imported comes out again as it was, in canonical spellings."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.importing import import_esconv
from esc.errors import FileRefusal
from esc.ontology import EMOTIONS, EXPERIENCE_ORIGINS, PROBLEMS, Strategy
from esc.studies.models import Study
from esc.text import is_blank
from tests.corpus.made_up import Record, exported, imported, record, seeker, supporter
from tests.real_data import real_file

pytestmark = pytest.mark.django_db

CANONICAL = {"speaker": "seeker", "listener": "supporter", "Questions": "Question", "Other": "Others"}


def canonical(records: list[Record]) -> list[Record]:
    """The same records in the canonical spellings: those that the tests' files use, written down here by hand."""
    spelt = copy.deepcopy(records)
    for one in spelt:
        for line in one["dialog"]:
            line["speaker"] = CANONICAL.get(line["speaker"], line["speaker"])
            if "strategy" in line["annotation"]:
                line["annotation"]["strategy"] = CANONICAL.get(
                    line["annotation"]["strategy"], line["annotation"]["strategy"]
                )
        if "problem_type" in one:
            one["problem_type"] = one["problem_type"].lower()
    return spelt


def round_trip(records: list[Record], mapping: tuple[str, ...] = ()) -> list[Record]:
    done = imported(*records, slug=f"corpus-{Study.objects.count()}", mapping=mapping)
    return exported(done.study)


texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
contents = texts.filter(lambda text: not is_blank(text))
scores = st.sampled_from("12345")


def part(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object in which any of these keys may be missing."""
    return st.fixed_dictionaries({}, optional=keys)


lines = st.one_of(
    st.fixed_dictionaries(
        {"speaker": st.just("seeker"), "annotation": part(feedback=scores), "content": contents},
    ),
    st.fixed_dictionaries(
        {
            "speaker": st.just("supporter"),
            "annotation": st.fixed_dictionaries({"strategy": st.sampled_from([str(name) for name in Strategy])}),
            "content": contents,
        },
    ),
)
records = st.fixed_dictionaries(
    {"dialog": st.lists(lines, min_size=1, max_size=12)},
    optional={
        "experience_type": st.sampled_from(EXPERIENCE_ORIGINS),
        "emotion_type": st.sampled_from(EMOTIONS),
        "problem_type": st.sampled_from(PROBLEMS),
        "situation": texts,
        "survey_score": part(
            seeker=part(
                initial_emotion_intensity=scores, empathy=scores, relevance=scores, final_emotion_intensity=scores
            ),
            supporter=part(relevance=scores),
        ),
        **{f"{role}_question{number}": texts for role in ("seeker", "supporter") for number in (1, 2)},
    },
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(made=st.lists(records, max_size=4))
def test_any_corpus_comes_out_as_it_went_in(db: None, made: list[Record]) -> None:
    assert round_trip(made) == made


def test_every_shape_of_the_surveys_is_given_back() -> None:
    shapes = [
        record(),
        {"dialog": [seeker()]},
        record(survey_score={}),
        record(survey_score={"seeker": {}}),
        record(survey_score={"supporter": {}}),
        record(survey_score={"seeker": {"initial_emotion_intensity": "5"}, "supporter": {}}),
        record(survey_score=None),
    ]

    assert round_trip(shapes) == shapes


def test_other_spellings_come_out_canonical() -> None:
    """The made-up twin of the real files: their spellings, their missing keys, their doubled feedback."""
    theirs = [
        record(
            problem_type="Sleep Problems",
            seeker_question1=None,
            survey_score={"seeker": {"initial_emotion_intensity": "5"}, "supporter": {}},
            dialog=[
                {**seeker("Hey there \n"), "speaker": "speaker"},
                {**supporter("hi", "Other"), "speaker": "listener"},
                {**supporter("and now?\n", "Questions"), "speaker": "listener"},
                {**seeker("well", "3"), "speaker": "speaker"},
                {**seeker("well well", "4"), "speaker": "speaker"},
            ],
        ),
        {"dialog": [seeker(), supporter()]},
    ]

    found = round_trip(theirs)

    assert found == canonical(theirs)
    assert found[0]["dialog"][1] == {"speaker": "supporter", "annotation": {"strategy": "Others"}, "content": "hi"}
    assert found[0]["problem_type"] == "sleep problems"


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "count"), [("failed_esconv_part1.json", 98), ("esconv_dialogs_dev.json", 203)])
def test_a_real_file_comes_out_as_it_went_in(name: str, count: int) -> None:
    original = json.loads(real_file(name).read_text())

    found = round_trip(original)

    # Compared one by one, and told by number alone: these texts are nobody's to read in a test's output.
    differing = [index for index, pair in enumerate(zip(found, canonical(original), strict=True)) if pair[0] != pair[1]]
    assert (len(found), differing) == (count, [])


@pytest.mark.real_data
def test_a_foreign_real_file_is_refused_until_its_labels_are_mapped() -> None:
    data = real_file("esconv_annotated_valid.json").read_bytes()
    with pytest.raises(FileRefusal) as refused:
        import_esconv(slug="foreign", data=data)
    assert "'Greeting'" in str(refused.value)
    assert "'Providing Suggestions or Information'" in str(refused.value)
    assert not Study.objects.exists()

    mapping = ("Greeting=Others", "Providing Suggestions or Information=Providing Suggestions")
    assert import_esconv(slug="foreign", data=data, mapping=mapping).conversations == 195
