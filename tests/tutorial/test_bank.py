from __future__ import annotations

from collections import Counter

import pytest

from esc.errors import FileRefusal, Refusal
from esc.ontology import Strategy
from esc.studies.loading import default_protocol_text, parse_protocol
from esc.studies.schema import Protocol
from esc.studies.services import create_study, open_study
from tutorial.bank import FILE, bank_for, check_protocol, misfits, parse_bank, the_bank

GOOD = """
version = "1"

[[questions]]
id = "rain"
context = "It never stops."
reply = "What never stops?"
strategy = "Question"

[[questions]]
id = "sun"
context = "It never starts."
reply = "Goodbye, and thank you."
strategy = "Others"
"""


def protocol(old: str = "", new: str = "") -> Protocol:
    text = default_protocol_text()
    assert old in text
    return parse_protocol(text.replace(old, new))


def test_every_strategy_of_the_default_study_has_exactly_one_question() -> None:
    assert Counter(question.strategy for question in the_bank().questions) == Counter(list(Strategy))


def test_no_question_tells_its_answer_by_its_id_or_its_words() -> None:
    for question in the_bank().questions:
        shown = f"{question.id} {question.context} {question.reply}".casefold()
        assert not [name for name in Strategy if name.casefold() in shown]


def test_no_two_questions_share_their_text() -> None:
    questions = the_bank().questions
    assert len({question.context for question in questions} | {question.reply for question in questions}) == 16


def test_the_default_study_can_use_the_bank() -> None:
    assert misfits(the_bank(), protocol()) == []
    assert bank_for(protocol()) is the_bank()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('version = "1"', "", "version: expected this key"),
        ('id = "rain"\n', "", "questions.1.id: expected this key"),
        ('id = "sun"', 'id = "The sun"', "questions.2.id: String should match pattern"),
        ('id = "sun"', 'id = "rain"', "questions: expected each id once, found twice: rain"),
        ('reply = "What never stops?"', 'reply = " "', "questions.1.reply: String should have at least 1 character"),
        (
            'context = "It never starts."',
            "context = 3",
            "questions.2.context: Input should be a valid string (found 3)",
        ),
        ('strategy = "Others"', "", "questions.2.strategy: expected this key"),
        ('strategy = "Others"', 'strategy = "Others"\nhint = "bye"', "questions.2.hint: no key of this name"),
        (GOOD, 'version = "1"\nquestions = []', "questions: List should have at least 1 item"),
        (GOOD, "version = ", "this is not a TOML file"),
    ],
)
def test_a_broken_file_is_refused_with_place_and_reason(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(FileRefusal) as refused:
        parse_bank(GOOD.replace(old, new))
    assert refused.value.place == FILE
    assert said in refused.value.reason


MISFITS = [
    ('name = "Self-disclosure"', 'name = "Story"', "it asks for strategies that the study does not have: Self-disclos"),
    ('name = "Self-disclosure"', 'name = "Story"', "it has no question for these strategies of the study: Story"),
    ("pass_mark = 7", "pass_mark = 9", "its pass mark is 9, but it has 8 questions"),
]
MODELS_ONLY = ('supporter = "person"', 'supporter = "scripted"')


@pytest.mark.parametrize(("old", "new", "said"), MISFITS)
def test_a_study_that_the_examination_does_not_fit_never_opens(db: None, old: str, new: str, said: str) -> None:
    study = create_study(slug="other", text=default_protocol_text().replace(old, new))
    with pytest.raises(FileRefusal) as refused:
        open_study(study_id=study.pk)
    assert refused.value.place == "strategies, training"
    assert said in refused.value.reason
    assert "protocol file" in refused.value.reason
    study.refresh_from_db()
    assert not study.is_open


def test_a_study_without_people_as_supporters_needs_no_examination() -> None:
    text = default_protocol_text().replace('name = "Self-disclosure"', 'name = "Story"').replace(*MODELS_ONLY)
    check_protocol(parse_protocol(text))


@pytest.mark.parametrize(("old", "new", "said"), MISFITS)
def test_a_study_that_it_does_not_fit_any_more_is_refused_loudly(
    old: str, new: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Refusal) as refused:
        bank_for(protocol(old, new))
    assert refused.value.code == "examination_does_not_fit"
    assert said in refused.value.message
    assert said in caplog.text
    assert "protocol file" in caplog.text
