"""What a corpus file may look like, and what is refused with the record and the key at fault."""

from __future__ import annotations

from typing import Any

import pytest

from corpus.mapping import parse_mapping
from corpus.reading import read_corpus, read_file
from esc.errors import FileRefusal
from esc.studies.loading import default_protocol_text, parse_protocol
from tests.corpus.made_up import record, seeker, supporter, written

PROTOCOL = parse_protocol(default_protocol_text())


def refusal(data: bytes, **mapped: str) -> str:
    with pytest.raises(FileRefusal) as refused:
        read_corpus(data, PROTOCOL, mapped)
    return str(refused.value)


def refusal_of_line(line: object) -> str:
    return refusal(written(record(), record(dialog=[seeker(), supporter(), line])))


def line(speaker: str = "seeker", content: object = "Hello.", **annotation: object) -> dict[str, Any]:
    return {"speaker": speaker, "annotation": annotation, "content": content}


@pytest.mark.parametrize(
    ("changed", "canonical"),
    [
        ({"problem_type": "Sleep Problems"}, ("problem_type", "sleep problems")),
        ({"problem_type": "Issues with Children"}, ("problem_type", "issues with children")),
        ({"emotion_type": "Nervousness"}, ("emotion_type", "nervousness")),
        ({"experience_type": "previous experience"}, ("experience_type", "Previous Experience")),
    ],
)
def test_any_capitalisation_comes_out_canonical(changed: dict[str, str], canonical: tuple[str, str]) -> None:
    (read,) = read_corpus(written(record(**changed)), PROTOCOL)

    assert read.given[canonical[0]] == canonical[1]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Questions", "Question"),
        ("Other", "Others"),
        ("Reflection of Feelings", "Reflection of feelings"),
        ("self-disclosure", "Self-disclosure"),
    ],
)
def test_every_spelling_of_a_strategy_is_read(theirs: str, ours: str) -> None:
    (read,) = read_corpus(written(record(dialog=[supporter(strategy=theirs)])), PROTOCOL)

    assert read.dialog[0].annotation.strategy == ours


@pytest.mark.parametrize(("theirs", "ours"), [("speaker", "seeker"), ("Seeker", "seeker"), ("usr", "seeker")])
def test_every_spelling_of_a_speaker_is_read(theirs: str, ours: str) -> None:
    (read,) = read_corpus(written({"dialog": [line(theirs), line("listener", strategy="Question")]}), PROTOCOL)

    assert [utterance.speaker for utterance in read.dialog] == [ours, "supporter"]


def test_scores_may_be_text_or_numbers() -> None:
    scores = {"seeker": {"empathy": 3, "relevance": "4"}}
    (read,) = read_corpus(
        written(record(survey_score=scores, dialog=[seeker(feedback=5), seeker(feedback="1")])), PROTOCOL
    )

    assert read.given["survey_score"] == {"seeker": {"empathy": 3, "relevance": 4}}
    assert [utterance.annotation.feedback for utterance in read.dialog] == [5, 1]


def test_only_the_dialog_is_needed() -> None:
    (read,) = read_corpus(written({"dialog": [{"speaker": "seeker", "content": "Hello."}]}), PROTOCOL)

    assert list(read.given) == ["dialog"]


def test_a_byte_order_mark_is_no_fault() -> None:
    assert len(read_corpus(b"\xef\xbb\xbf" + written(record()), PROTOCOL)) == 1


def test_an_empty_array_is_an_empty_corpus() -> None:
    assert read_corpus(b"[]", PROTOCOL) == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "this is not JSON"),
        (b"[{]", "line 1, column 3: this is not JSON"),
        (b'[{"dialog": \n oops}]', "line 2, column 2"),
        (b'{"dialog": []}', "expected a JSON array"),
        (b'"words"', "expected a JSON array"),
        (b"null", "expected a JSON array"),
        (b"\xff\xfe[]", "byte 0: this is not UTF-8"),
        ('["caf\xe9"]'.encode("latin-1"), "byte 5: this is not UTF-8"),
        (b'[{"dialog": NaN}]', "NaN is not a JSON value"),
        pytest.param(b"[" * 100_000, "nested too deeply", id="deep"),
        pytest.param(b"[" + b"9" * 5_000 + b"]", "this is not JSON that can be read", id="a number of 5,000 digits"),
        (b'[{"situation": "a", "situation": "b", "dialog": []}]', "'situation' stands twice"),
        (b"[] []", "this is not JSON"),
    ],
)
def test_what_is_no_array_of_conversations_is_refused_with_its_place(data: bytes, said: str) -> None:
    assert said in refusal(data)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("words", "record 1, the record: expected an object"),
        (None, "record 1, the record: expected an object"),
        ({}, "record 1, dialog: this key is missing"),
        (record(dialog=[]), "record 1, dialog: expected at least one utterance"),
        (record(dialog={}), "record 1, dialog: expected an array"),
        ({"dialog": None}, "record 1, dialog: expected an array"),
        (record(problem_typ="job crisis"), "record 1, problem_typ: unknown key"),
        (
            record(problem_type="gardening"),
            "record 1, problem_type: unknown problem 'gardening'; accepted: ongoing depr",
        ),
        (record(problem_type=3), "record 1, problem_type: expected text, found a number"),
        ({**record(), "problem_type": None}, "record 1, problem_type: expected text, found null"),
        (record(emotion_type="bliss"), "record 1, emotion_type: unknown emotion 'bliss'"),
        (record(experience_type="Someone else's"), "record 1, experience_type: unknown experience"),
        (record(situation=["a"]), "record 1, situation: expected text, found an array"),
        (record(situation="a\x00b"), "record 1, situation: this text holds a character"),
        (record(seeker_question1="\ud800"), "record 1, seeker_question1: this text holds a character"),
        (record(survey_score=[]), "record 1, survey_score: expected an object"),
        (
            record(survey_score={"seeker": {"empathy": 6}}),
            "record 1, survey_score.seeker.empathy: expected a score from 1",
        ),
        (record(survey_score={"seeker": {"empathy": "0"}}), "expected a score from 1 to 5, found '0'"),
        (record(survey_score={"seeker": {"empathy": "４"}}), "expected a score from 1 to 5"),
        (record(survey_score={"seeker": {"empathy": True}}), "expected a score from 1 to 5, found True"),
        (record(survey_score={"seeker": {"empathy": 4.0}}), "expected a score from 1 to 5, found a number"),
        (record(survey_score={"seeker": {"empathy": None}}), "expected a score from 1 to 5, found null"),
        (record(survey_score={"seeker": {"warmth": "5"}}), "survey_score.seeker.warmth: unknown key"),
        (record(survey_score={"supporter": {"detail": "5"}}), "survey_score.supporter.detail: unknown key"),
        (record(survey_score={"listener": {}}), "survey_score.listener: unknown key"),
    ],
)
def test_a_broken_record_is_refused_with_its_number_and_key(broken: object, said: str) -> None:
    assert said in refusal(written(record(), broken, record()))


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("words", "dialog[2]: expected an object"),
        ({"annotation": {}, "content": "a"}, "dialog[2].speaker: this key is missing"),
        ({"speaker": "seeker", "annotation": {}}, "dialog[2].content: this key is missing"),
        (line("moderator"), "dialog[2].speaker: unknown speaker 'moderator'; accepted: seeker, supporter"),
        (line(content=7), "dialog[2].content: expected text, found a number"),
        (line(content=None), "dialog[2].content: expected text, found null"),
        (line(content=" \n\u200b"), "dialog[2].content: an utterance needs text"),
        (line(content="a\x00"), "dialog[2].content: this text holds a character that cannot be stored"),
        (line(content="\udfff"), "dialog[2].content: this text holds a character that cannot be stored"),
        (
            line("supporter"),
            "dialog[2].annotation: a supporter's utterance needs a strategy and nothing else, found none",
        ),
        ({"speaker": "supporter", "content": "a"}, "dialog[2].annotation: a supporter's utterance needs a strategy"),
        (line("supporter", strategy="Hypnosis"), "dialog[2].annotation.strategy: unknown strategy 'Hypnosis'"),
        (line("supporter", strategy=""), "dialog[2].annotation.strategy: unknown strategy ''"),
        (line("supporter", strategy=None), "dialog[2].annotation.strategy: expected text, found null"),
        (line("supporter", strategy="Question", feedback="5"), "found feedback and strategy"),
        (line("supporter", feedback="5"), "found feedback"),
        (line("seeker", strategy="Question"), "dialog[2].annotation: a seeker's utterance has no strategy"),
        (line("seeker", feedback="6"), "dialog[2].annotation.feedback: expected a score from 1 to 5, found '6'"),
        (line("seeker", feedback=0), "expected a score from 1 to 5, found 0"),
        (line("seeker", feedback="great"), "expected a score from 1 to 5, found 'great'"),
        (line("seeker", mood="low"), "dialog[2].annotation.mood: unknown key"),
        ({**line(), "annotation": None}, "dialog[2].annotation: expected an object"),
        ({**line(), "time": "12:00"}, "dialog[2].time: unknown key"),
    ],
)
def test_a_broken_utterance_is_refused_with_its_place(broken: object, said: str) -> None:
    refused = refusal_of_line(broken)

    assert refused.startswith("record 1, dialog[2]")
    assert said in refused


def test_every_foreign_label_is_named_once_with_how_often_it_comes() -> None:
    foreign = record(dialog=[supporter(strategy="Hello"), supporter(strategy="Advice"), supporter(strategy="Hello")])

    said = refusal(written(record(), foreign))

    assert "record 1, dialog[0].annotation.strategy: unknown strategy 'Hello'" in said
    assert "unknown strategy 'Advice'" in said
    assert said.count("'Hello'") == 1
    assert "(and in 1 more places)" in said
    assert '--map "Theirs=Ours"' in said


def test_many_different_faults_are_counted_not_listed() -> None:
    said = refusal(written(*(record(problem_type=f"problem {number}") for number in range(25))))

    assert said.count("unknown problem") == 10
    assert "15 other faults" in said


def test_mapped_labels_are_read_as_ours() -> None:
    mapped = parse_mapping(["Hello=Others", "anger issues = Anger", "Client=seeker", "a=b=question"], PROTOCOL)
    foreign = record(
        emotion_type="Anger Issues", dialog=[line("client"), supporter(strategy="hello"), supporter(strategy="a=b")]
    )

    (read,) = read_corpus(written(foreign), PROTOCOL, mapped)

    assert read.emotion_type == "anger"
    assert [utterance.annotation.strategy for utterance in read.dialog] == ["", "Others", "Question"]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["Hello"], "expected \"Theirs=Ours\", found 'Hello'"),
        (["=Others"], 'expected "Theirs=Ours"'),
        (["Hello="], 'expected "Theirs=Ours"'),
        (
            ["Hello=Welcome"],
            "'Welcome' is no label of the protocol. Accepted: speaker: seeker, supporter; strategy: Qu",
        ),
        (["Hello=Others", "hello=Question"], "'hello' is mapped twice"),
    ],
)
def test_a_malformed_mapping_or_an_unknown_target_is_refused(texts: list[str], said: str) -> None:
    with pytest.raises(FileRefusal) as refused:
        parse_mapping(texts, PROTOCOL)
    assert said in str(refused.value)


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Any) -> None:
    for path in (tmp_path / "nowhere.json", tmp_path):
        with pytest.raises(FileRefusal, match="cannot be read"):
            read_file(path)
