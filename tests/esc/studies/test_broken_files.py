"""A zoo of broken protocol files: each is refused with the key at fault and what was expected there."""

from __future__ import annotations

import pytest

from esc.errors import FileRefusal
from esc.studies.loading import default_protocol_text, parse_protocol

TEXT = default_protocol_text()
ZOO = [
    # what is replaced, by what, and what the refusal names: the key, then the expectation
    ("", "[study", "", "this is not a TOML file"),
    ("pass_mark = 11", "pass_mark = 11\npass_mark = 8", "", "this is not a TOML file"),
    ('time_zone = "UTC"', 'time_zone = "Mars/Olympus"', "study.time_zone", "an IANA time zone such as 'Europe/Berlin'"),
    ('language = "en"', 'language = "English, please"', "study.language", "should match pattern"),
    ('roles_per_person = "one"', 'roles_per_person = "two"', "study.roles_per_person", "'one' or 'both'"),
    ("minutes = 35 ", "minutes = 0 ", "study.minutes", "greater than 0"),
    ('adult = "I am 18 years old or older."', "", "consent.points", "missing: adult"),
    ('version = "2026-11"', f'version = "{"9" * 61}"', "consent.version", "at most 60 characters"),
    (
        'name = "Exploration"\ndef',
        'name = "Exploring"\ndef',
        "stages.1.name",
        "'Exploration', 'Comforting' or 'Action'",
    ),
    (
        'stages = ["Exploration"]\ndefinition = "You ask',
        'stages = []\ndefinition = "You ask',
        "strategies.1.stages",
        "1",
    ),
    ('name = "Information"', 'name = "Question"', "strategies", "found twice: Question"),
    ('name = "Information"', f'name = "{"x" * 61}"', "strategies.7.name", "at most 60 characters"),
    ('value = "job crisis"', 'value = "academic pressure"', "problems", "found twice: academic pressure"),
    ("[scales.empathy]\nwords = [", '[scales.empathy]\nwords = ["none", ', "scales.empathy.words", "at most 5 items"),
    ("[scales.detail]", "[scales.details]", "scales", "a scale named 'detail'"),
    (
        'key = "situation"\nkind = "text"',
        'key = "situation"\nkind = "essay"',
        "seeker_before.4.kind",
        "'choice', 'scale'",
    ),
    ('key = "situation"', 'key = "Situation!"', "surveys.seeker_before.4.key", "should match pattern"),
    ('key = "detail"', 'key = "details"', "surveys", "supporter_after: expected items with the keys detail"),
    ('key = "seeker_question2"', 'key = "seeker_question1"', "surveys", "found twice: seeker_question1"),
    ('kind = "choice"\noptions = "problems"', 'kind = "choice"', "surveys.seeker_before.1", "a choice needs options"),
    ('kind = "scale"\nscale = "empathy"', 'kind = "scale"', "surveys.seeker_after.2", "a scale item needs scale"),
    ("max_length = 2000", "max_length = 5001", "surveys.seeker_before.4.max_length", "less than or equal to 5000"),
    ('unit = "nltk"', 'unit = "words"', "length.unit", "'nltk' or 'characters'"),
    ("examination_minutes = 10", "examination_minutes = 46", "training", "at most the minutes of the whole"),
    ("interval = 2", "interval = 0", "feedback.interval", "greater than or equal to 1"),
    ("interval = 2", 'interval = "two"', "feedback.interval", "a valid integer"),
    ('scale = "helpfulness"', 'scale = "helpful"', "scales", "a scale named 'helpful'"),
    ("improvement = 1", "improvement = 5", "approval.improvement", "less than or equal to 4"),
    ("improvement = 1", "improvment = 1", "approval.improvment", "no key of this name is known here"),
    ("improvement = 1\n", "", "approval.improvement", "expected this key, found nothing"),
    ("seeker_length = 6", "seeker_length = nan", "approval.seeker_length", "a finite number"),
    ("empathy = 3", "empathy = 3.5", "approval.empathy", "a valid integer"),
    ("supporter_criteria = 3", "supporter_criteria = 5", "approval.supporter_criteria", "less than or equal to 4"),
    ("lobby = 900", "lobby = -1", "clocks.lobby", "greater than 0"),
    ("lobby = 900", "lobby = 99999999999", "clocks.lobby", "less than or equal to 31536000"),
    ('currency = "USD"', 'currency = "dollars"', "pay.currency", "should match pattern"),
    ("conversation = 6.00", "conversation = -6", "pay.conversation", "greater than or equal to 0"),
    ("waiting = 0.20", "waiting = 0.205", "pay.per_minute.waiting", "2 decimal places"),
    ("[outcomes.removed]", "[outcomes.thrown_out]", "outcomes.thrown_out", "'completed'"),
    ('[outcomes.removed]\ncompletion_code = "ESC-REMOVED"\npay = "none"', "", "outcomes", "missing: removed"),
    ('"ESC-COMPLETED"', '"no spaces"', "outcomes.completed.completion_code", "should match pattern"),
    ("[[crisis.countries.DE]]", "[[crisis.countries.Germany]]", "crisis.countries.Germany", "should match pattern"),
    ('engine = "scripted"', 'engine = "oracle"', "agents.1.engine", "'scripted'"),
    ('disclosure = "header"', 'disclosure = "never"', "agents.1.disclosure", "'header' or 'consent'"),
    ('supporter = "scripted"', 'supporter = "robot"', "arms.scripted.supporter", "one of ['person', 'scripted']"),
    ("weight = 1", "weight = 0", "arms", "at least one arm with a weight above 0"),
    ("weight = 1", "weight = inf", "arms.1.weight", "a finite number"),
    ('name = "people"', f'name = "{"p" * 41}"', "arms.1.name", "at most 40 characters"),
    ('preset = "prolific"', 'preset = "prolifik"', "panels.2.preset", "'prolific', 'generic', 'mturk' or 'direct'"),
    ('name = "generic"', 'name = "direct"', "panels", "found twice: direct"),
]


@pytest.mark.parametrize(("old", "new", "key", "expectation"), ZOO, ids=[f"{row[2]}: {row[3]}" for row in ZOO])
def test_broken_file_is_refused_with_key_and_expectation(old: str, new: str, key: str, expectation: str) -> None:
    assert old in TEXT
    with pytest.raises(FileRefusal) as caught:
        parse_protocol(TEXT.replace(old, new, 1) if old else new)
    refusal = str(caught.value)
    assert key in refusal
    assert expectation in refusal


def test_every_fault_is_told_at_once_each_on_a_line_of_its_own() -> None:
    broken = TEXT.replace("pass_mark = 11", "pass_mark = 0").replace("lobby = 900", 'lobby = "long"')
    with pytest.raises(FileRefusal) as caught:
        parse_protocol(broken)
    lines = str(caught.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["training.pass_mark", "clocks.lobby"]
    assert lines[1].endswith("(found 'long')")


def test_missing_part_is_named() -> None:
    with pytest.raises(FileRefusal, match="crisis: expected this key, found nothing"):
        parse_protocol(TEXT[: TEXT.index("# --- Help for people")] + TEXT[TEXT.index("# --- Who sits") :])
