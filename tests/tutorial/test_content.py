"""The content files that come with the platform, and what is refused in anybody else's."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from esc.errors import FileRefusal
from esc.ontology import Stage, Strategy
from esc.studies.loading import default_protocol_text, parse_protocol
from esc.studies.schema import Protocol
from esc.studies.services import create_study, open_study
from tests.real_data import real_file
from tutorial.fitting import check_protocol, misfits
from tutorial.loading import FOLDER, Content, load_content, parse_content
from tutorial.minutes import (
    examination_minutes,
    lesson_minutes,
    lesson_seconds,
    minutes_of_lessons,
    texts_of,
    whole_minutes,
    words,
)
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


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["No.", "Not."], "the right one is the longest"),
        (["No.", "Not quite so long."], "number 2 by length, from the longest"),
        (["Not quite so long.", "Not quite so long, either."], "number 3 by length, from the longest"),
    ],
)
def test_a_bank_whose_right_replies_can_be_told_by_their_length_is_thin(wrong: list[str], said: str) -> None:
    content = load_content("en")
    replies = {
        slug: file.model_copy(
            update={
                "questions": [
                    item.model_copy(update={"right": "Like this.", "wrong": wrong}) if item.kind == "reply" else item
                    for item in file.questions
                ]
            }
        )
        for slug, file in content.files.items()
    }
    assert [spot for spot in thin_spots(replace(content, files=replies)) if said in spot]


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


def _runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}


def _texts(value: object) -> Iterator[str]:
    """Every text in a file, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _borrowed(source: object) -> set[tuple[str, ...]]:
    """The runs of eight words of the training's content that stand in that source, too."""
    theirs = {run for text in _texts(source) for run in _runs(text, 8)}
    ours = {run for text in TEXTS.values() for part in _texts(tomllib.loads(text)) for run in _runs(part, 8)}
    return ours & theirs


def test_a_borrowed_sentence_is_found() -> None:
    assert _borrowed(
        [{"content": "Well. I thought that it WOULD be an adventure; I moved here for my husband's work."}]
    )
    assert not _borrowed([{"content": "I moved here for the work."}])


@pytest.mark.parametrize("name", ["esconv_annotated_valid.json", "esconv_dialogs_dev.json", "failed_esconv_part1.json"])
def test_nothing_is_borrowed_from_the_released_corpus(name: str) -> None:
    assert not _borrowed(json.loads(real_file(name).read_text(encoding="utf-8")))


def test_the_minutes_are_counted_from_the_words_and_the_protocol_promises_no_less() -> None:
    content = load_content("en")
    lesson = content.lessons["question"]
    assert words(["One, two - it's three."]) == 4
    assert lesson_seconds(lesson, content) == pytest.approx(words(texts_of(lesson)) / 3 + 20)
    assert whole_minutes(content, 13) <= protocol().training.minutes
    assert examination_minutes(13, content) <= protocol().training.examination_minutes


def test_the_lessons_minutes_add_up_to_about_what_all_of_them_are_said_to_take() -> None:
    content = load_content("en")
    each = [lesson_minutes(lesson, content) for lesson in content.lessons.values()]
    assert min(each) >= 1
    assert abs(sum(each) - minutes_of_lessons(content.lessons, content)) <= len(each) / 2


def test_an_edited_file_is_another_version() -> None:
    assert changed("04-question.toml", "adventure", "great adventure").version != load_content("en").version


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("content.toml", "version = ", "# version = ", "version: expected this key"),
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
    assert "the whole training: 44 minutes by its words; the protocol says 45" in out.getvalue()
    assert "an examination: 9 minutes by its words; the protocol says 10" in out.getvalue()
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


# --- The command on broken folders ------------------------------------------------------------------------------------


def broken(folder: Path, name: str, old: str, new: str) -> None:
    """A copy of the English training in which that text is another one."""
    assert old in TEXTS[name]
    (folder / "mine").mkdir()
    for file, text in TEXTS.items():
        (folder / "mine" / file).write_text(text.replace(old, new) if file == name else text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("06-reflection.toml", 'harms = [', 'hurts = [', "mine/06-reflection.toml: lesson.harms: expected this key"),
        ("08-affirmation.toml", 'answer = "Affirmation and Reassurance"', 'answer = "Praise"',
         "question deep-well of the lesson affirmation asks for something that the study does not have: Praise"),
        ("04-question.toml", 'it guesses the answer."', 'it guesses the answer.", right = true',
         "mine/04-question.toml: lesson.exercise: options: expected exactly one with right = true, found 2"),
        ("10-information.toml", '"You could do two pages a day."',
         '"No, as far as I know you can ask at the counter, and they go through it with you."',
         "mine/10-information.toml: questions.3: right, wrong: expected each once, found twice: No, as far as I know"),
        ("11-others.toml", '"wood-fire"', '"Wood fire"', "mine/11-others.toml: questions.1.id: String should match"),
        ("01-exploration.toml", "[[questions]]", "[[question]]", "mine/01-exploration.toml: question: no key of this"),
    ],
)  # fmt: skip
def test_the_command_names_the_place_and_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str, said: str
) -> None:
    broken(tmp_path, name, old, new)
    monkeypatch.setattr("tutorial.loading.FOLDER", tmp_path)
    load_content.cache_clear()
    errors = StringIO()
    with pytest.raises(CommandError, match="The training is not right: mine"):
        call_command("check_training", "mine", stdout=StringIO(), stderr=errors)
    load_content.cache_clear()
    assert said in errors.getvalue()
