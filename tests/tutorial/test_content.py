"""The content files that come with the platform, and what is refused in anybody else's."""

from __future__ import annotations

from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from esc.errors import FileRefusal
from esc.ontology import Stage, Strategy
from esc.studies.loading import default_protocol_text, parse_protocol
from esc.studies.schema import Protocol
from esc.studies.services import create_study, open_study
from tutorial.fitting import check_protocol, misfits
from tutorial.loading import FOLDER, Content, load_content, parse_content
from tutorial.minutes import lesson_seconds, texts_of, whole_minutes, words
from tutorial.thin import thin_spots

TEXTS = {path.name: path.read_text(encoding="utf-8") for path in (FOLDER / "en").glob("*.toml")}


def protocol(old: str = "", new: str = "") -> Protocol:
    text = default_protocol_text()
    assert old in text
    return parse_protocol(text.replace(old, new))


def changed(name: str, old: str, new: str) -> Content:
    assert old in TEXTS[name]
    return parse_content({**TEXTS, name: TEXTS[name].replace(old, new, 1)})


def test_there_is_a_lesson_for_every_stage_and_strategy_and_two_more() -> None:
    content = load_content("en")
    assert list(content.topics("stage")) == list(Stage)
    assert list(content.topics("strategy")) == list(Strategy)
    assert list(content.lessons)[-2:] == ["flexibility", "boundaries"]


def test_every_stage_and_strategy_has_four_questions_and_all_kinds_are_there() -> None:
    content = load_content("en")
    asked = Counter(content.lesson_of.values())
    assert all(asked[slug] >= 4 for slug in content.files)
    assert {item.kind for item in content.bank.values()} == {"strategy", "reply", "stage", "order"}


def test_the_default_study_can_use_it_and_its_bank_has_no_thin_spots() -> None:
    assert misfits(load_content("en"), protocol()) == []
    assert thin_spots(load_content("en")) == []


def test_no_text_stands_in_two_questions_or_in_a_lesson_and_a_question() -> None:
    content = load_content("en")
    asked = [line.text for item in content.bank.values() for line in item.talk]
    assert not [text for text, count in Counter(asked).items() if count > 1]
    taught = {text for lesson in content.lessons.values() for text in texts_of(lesson)}
    assert not taught & set(asked)


def test_a_strategy_question_belongs_to_the_lesson_of_its_answer() -> None:
    content = load_content("en")
    for item in content.bank.values():
        if item.kind == "strategy":
            assert content.topics("strategy")[item.answer or ""] == content.lesson_of[item.id]


def test_a_questions_words_do_not_name_its_answer() -> None:
    for item in load_content("en").bank.values():
        if item.kind == "strategy":
            assert not [name for name in Strategy for line in item.talk if name.casefold() in line.text.casefold()]


def test_the_minutes_are_counted_from_the_words_and_the_protocol_promises_no_less() -> None:
    content = load_content("en")
    lesson = content.lessons["question"]
    assert words(["One, two - it's three."]) == 4
    assert lesson_seconds(lesson, content) == pytest.approx(words(texts_of(lesson)) / 3 + 20)
    assert whole_minutes(content, 13) <= protocol().training.minutes


def test_an_edited_file_is_another_version() -> None:
    assert changed("04-question.toml", "adventure", "great adventure").version != load_content("en").version


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("content.toml", 'version = "2026-11"', "", "version: expected this key"),
        ("04-question.toml", 'title = "Question"', "", "lesson.title: expected this key"),
        ("04-question.toml", "[lesson]", "[lesson", "this is not a TOML file"),
        ("04-question.toml", "[lesson.poor]", "[lesson.bad]", "lesson.bad: no key of this name"),
        ("04-question.toml", 'id = "salt-jar"', 'id = "Salt Jar"', "questions.1.id: String should match pattern"),
        ("04-question.toml", 'id = "salt-jar"', 'id = "wet-shoes"', "found twice: wet-shoes"),
        ("04-question.toml", 'kind = "strategy"\ntalk', 'kind = "reply"\ntalk', "questions.1: a question of the kind"),
        ("04-question.toml", "right = true, ", "", "expected exactly one with right = true, found 0"),
        ("04-question.toml", 'topic = "Question"', 'topic = "Others"', "one lesson for each strategy, found two: Othe"),
        ("04-question.toml", '{ seeker = "My bro', '{ supporter = "Hm.", seeker = "My bro', "expected seeker"),
        ("01-exploration.toml", ', strategy = "Question" }', " }", "expected an aim or a strategy"),
        ("12-flexibility.toml", '["Exploration", "Comforting", "Action"]', '["Action"]', "expected one for each of"),
        ("practice.toml", "very-long =", "very-wide =", "remarks: expected words for very-long"),
        ("practice.toml", "Thank you. I feel a bit lighter than before. I have to go back now. Bye!", "",
         "scripts.1.steps.6.says: String should have at least 1 character"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_with_place_and_reason(name: str, old: str, new: str, said: str) -> None:
    with pytest.raises(FileRefusal) as refused:
        changed(name, old, new)
    assert said in str(refused.value)
    assert refused.value.place in {name, "questions", "lessons"}


def test_a_missing_and_a_misnamed_file_are_refused() -> None:
    with pytest.raises(FileRefusal, match=r"practice\.toml: expected this file"):
        parse_content({name: text for name, text in TEXTS.items() if name != "practice.toml"})
    with pytest.raises(FileRefusal, match=r"question\.toml: expected a lesson's file to be called as"):
        parse_content({**TEXTS, "question.toml": TEXTS["04-question.toml"]})


MISFITS = [
    ('name = "Self-disclosure"', 'name = "Story"', "there is no lesson about the strategy Story"),
    ("questions = 13 ", "questions = 10 ", "10 questions, but 11 stages and strategies"),
    ("questions = 13 ", "questions = 60 ", "60 questions, but the bank only 52"),
    ('stages = ["Action"]\ndefinition = "You offer', 'stages = ["Action", "Comforting"]\ndefinition = "You offer',
     "Providing Suggestions does not belong to Action alone"),
    ('content = "en"', 'content = "nowhere"', "there is no folder 'nowhere'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), MISFITS)
def test_a_study_that_the_content_does_not_fit_never_opens(db: None, old: str, new: str, said: str) -> None:
    text = default_protocol_text().replace(old, new).replace("pass_mark = 11", "pass_mark = 9")
    study = create_study(slug="other", text=text)
    with pytest.raises(FileRefusal) as refused:
        open_study(study_id=study.pk)
    assert said in str(refused.value)
    study.refresh_from_db()
    assert not study.is_open


def test_a_study_without_people_as_supporters_needs_no_training() -> None:
    models_only = ('supporter = "person"', 'supporter = "scripted"')
    text = default_protocol_text().replace('name = "Self-disclosure"', 'name = "Story"').replace(*models_only)
    check_protocol(parse_protocol(text))


def test_the_command_counts_the_bank_and_its_minutes() -> None:
    out = StringIO()
    call_command("check_training", stdout=out)
    assert "self-disclosure    4 questions (2 reply, 2 strategy)" in out.getvalue()
    assert "minutes by its words; the protocol says 45" in out.getvalue()
    assert "thin:" not in out.getvalue()


def test_the_command_lists_thin_spots_and_refuses_broken_files(monkeypatch: pytest.MonkeyPatch) -> None:
    few = TEXTS["05-restatement.toml"].partition('[[questions]]\nid = "chalk-line"')[0]
    thin = parse_content({**TEXTS, "05-restatement.toml": few})
    monkeypatch.setattr("tutorial.management.commands.check_training.load_content", lambda name: thin)
    out = StringIO()
    call_command("check_training", "en", stdout=out)
    assert "thin: restatement: 2 questions, at least 4 are wanted" in out.getvalue()
    assert "thin: restatement: all questions are of the kind strategy" in out.getvalue()
    monkeypatch.undo()
    errors = StringIO()
    with pytest.raises(CommandError, match="not right: nowhere"):
        call_command("check_training", "nowhere", stderr=errors)
    assert "there is no folder" in errors.getvalue()
