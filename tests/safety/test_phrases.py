from __future__ import annotations

import pytest

from esc.errors import FileRefusal
from esc.safety.reading import read
from esc.safety.screening import Level, screen
from esc.studies.danger import Danger, DangerList, DangerPhrases
from esc.studies.loading import default_protocol_text, parse_protocol
from esc.studies.phrases import Phrases, phrase_fault


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("end it", "i end it now", True),
        ("end it", "i send it now", False),
        ("end it", "the end item", False),
        ("end/ending it", "ending it", True),
        ("end* it", "ended it", True),
        ("want (to) go", "want to go", True),
        ("want (to/2) go", "want go", True),
        ("(i) want go", "i want go", True),
        ("want ... go", "want go", True),
        ("want ... go", "want to really go", True),
        ("want ... go", "want to really just go", False),
        ("want ... go", "want it . go", False),
        ("want ... (to) go", "want it to go", True),
    ],
)
def test_phrases_are_found_as_they_are_written(phrase: str, text: str, found: bool) -> None:
    phrases = Phrases([phrase])
    assert bool(phrases.spans(text)) is found
    if found:  # whoever looks only at the anchors first must not miss it
        assert phrases.needed & set(text.split()) or any(beginning in f" {text}" for beginning in phrases.begun)


def test_no_phrases_are_found_nowhere() -> None:
    assert Phrases([]).spans("anything") == []
    assert not Phrases([]).stand_before("anything at all ", 9)


@pytest.mark.parametrize(
    "phrase", ["", " ", "... end it", "end it ...", "(end)", "End it", "don't", "end|it", "a//b", "end it.", "*"]
)
def test_what_cannot_be_read_is_refused_in_words(phrase: str) -> None:
    assert phrase_fault(phrase)


def test_a_file_with_a_broken_phrase_names_its_place() -> None:
    broken = default_protocol_text().replace('says = ["suicid*"]', 'says = ["Suicid*"]')
    with pytest.raises(FileRefusal, match=r"danger\.lists\.1\.phrases\.3\.says\.1: .*lower case"):
        parse_protocol(broken)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('id = "self_harm"', 'id = "want_to_die"', "found twice: want_to_die"),
        ("again_after = 600", "again_after = 0", r"danger\.again_after"),
        ('email = ""', 'email = "somebody"', r"alerts\.email"),
        ('webhook = ""', 'webhook = "ftp://example.org"', r"alerts\.webhook"),
        ("daily_limit = 5", "daily_limit = 0", r"supporter\.daily_limit"),
        ('language = "en"\ntime_zone', 'language = "fr"\ntime_zone', "expected a list for the study's language, 'fr'"),
    ],
)
def test_what_is_wrong_with_the_danger_part_is_refused_by_name(old: str, new: str, words: str) -> None:
    assert old in default_protocol_text()
    with pytest.raises(FileRefusal, match=words):
        parse_protocol(default_protocol_text().replace(old, new))


CHINESE = DangerList(
    language="zh-Hans",
    spaces=False,
    phrases=[DangerPhrases(id="want_to_die", level="high", says=["想/要 死", "自杀", "不 想 活"])],
    lowering=["不/没有 (会)"],
    harmless=["想 死 你"],
)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("我真的想死。", Level.HIGH),
        ("我不想活了", Level.HIGH),
        ("我不会自杀", Level.LOW),
        ("我想死你了", None),
        ("我想吃饭", None),
        ("我想。死", None),
    ],
)
def test_a_language_without_spaces_is_read_character_by_character(text: str, level: Level | None) -> None:
    danger = Danger(version="1", again_after=60, notice="…", told="…", guidance="…", lists=[CHINESE])
    found = screen(text, danger)
    assert (found.level if found else None) == level


def test_a_reading_keeps_where_somebody_is_quoted() -> None:
    listed = parse_protocol(default_protocol_text()).danger.lists[0]
    reading = read("She said: 'I don't know', and left. Then “Stop”!", listed)
    assert [reading.text[start:end].strip() for start, end in reading.quoted] == ["i dont know", "stop"]


def test_every_list_is_applied_to_everyone() -> None:
    text = default_protocol_text().replace(
        "# Where alerts are sent",
        '[[danger.lists]]\nlanguage = "de"\n[[danger.lists.phrases]]\nid = "sterben"\nlevel = "high"\n'
        'says = ["will/möchte (nur) sterben"]\n# Where alerts are sent',
    )
    found = screen("Ich möchte nur sterben", parse_protocol(text).danger)
    assert found
    assert found.phrases == ("de.sterben",)
