"""Every line that the scripted supporter can say."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from statistics import mean

import pytest

from esc.ontology import Strategy
from esc.studies.loading import default_protocol_text, parse_protocol
from esc.text import LengthUnit, check_utterance, length
from modelserve.engines.scripted import hearing, lines
from modelserve.engines.scripted.engine import BINDING, PLAN
from modelserve.engines.scripted.lines import Line, groups

ROOT = Path(__file__).resolve().parents[2]
WORDS = {"fragment": "you lost your job last week", "feeling": "sad", "topic": "your studies"}
ALL = [(group, line) for group in groups().values() for line in group.lines]

# What only a person could say of themselves.
HUMAN = re.compile(
    r"\b(I (was|went|felt|had|lost|lived|remember|know how (you|it) feels?|have been|have felt|grew|used to|also feel)"
    r"|I've (been|had|felt)|when I was|happened to me|my (own|life|friends?|family|mother|father|job|day|heart)"
    r"|as a (human|person)|we all|us humans|I feel|I am (a )?(human|person|real|man|woman|tired|sad))\b",
    re.IGNORECASE,
)
MEDICAL = re.compile(
    r"\b(medicin\w*|medicat\w*|pills?|drugs?|dos(e|age)|diagnos\w*|disorders?|depress\w*|anxiety|therap\w*|treatment"
    r"|doctors?|symptoms?|illness|disease|alcohol|supplements?)\b",
    re.IGNORECASE,
)


def test_every_line_is_an_utterance_of_decent_length() -> None:
    counts = [length(check_utterance(line.filled(WORDS)), LengthUnit.NLTK) for _group, line in ALL]
    assert min(counts) >= 8
    assert mean(counts) >= 12


@pytest.mark.parametrize("line", [line for _group, line in ALL], ids=lambda line: line.text[:40])
def test_a_line_is_one_sentence_or_two_that_end(line: Line) -> None:
    text = line.filled(WORDS)
    assert text.endswith((".", "?"))
    assert text[0].isupper()
    ends = len(re.findall(r"[.?!](?=\s|$)", text))
    assert ends <= 2, text


def test_no_line_claims_to_be_human_or_to_have_lived() -> None:
    assert [line.text for _group, line in ALL if HUMAN.search(line.text)] == []


def test_no_line_gives_medical_advice_or_names_an_illness() -> None:
    assert [line.text for _group, line in ALL if MEDICAL.search(line.text)] == []


def test_self_disclosure_has_no_lines() -> None:
    assert {group.strategy for group in groups().values()} == set(Strategy) - {Strategy.SELF_DISCLOSURE}


def test_every_strategy_has_ten_lines_or_more_and_none_comes_twice() -> None:
    counts = Counter(group.strategy for group, _line in ALL)
    assert min(counts.values()) >= 10
    assert len({line.text for _group, line in ALL}) == len(ALL)


def test_every_planned_strategy_belongs_to_its_stage() -> None:
    protocol = parse_protocol(default_protocol_text())
    stages = {option.name: option.stages for option in protocol.strategies}
    for stage, plan in PLAN.items():
        for name in plan:
            assert stage in stages[groups()[name].strategy]


def test_every_moment_has_its_lines_and_they_need_no_words() -> None:
    for name in (*BINDING, "opening", "greeting", "welcome", "asked", "first_question"):
        assert all(not line.slots for line in groups()[name].lines)


def test_topics_are_never_a_subject() -> None:
    """A topic may be many ("your friends"): after it stands no verb that would need to agree with it."""
    verbs = re.compile(r"(?<!around )\{topic\} (is|are|was|were|has|have|does|do|seems?|weighs?|makes?|feels?)\b")
    assert [line.text for _group, line in ALL if verbs.search(line.text)] == []


def test_the_danger_lines_name_the_link_as_the_chat_page_does() -> None:
    name = "If you are in danger"
    assert all(f"“{name}”" in line.text for line in groups()["danger"].lines)
    assert f'"{name}"' in (ROOT / "templates" / "chat" / "conversation.html").read_text(encoding="utf-8")


def test_a_line_with_slots_knows_itself_whatever_they_held() -> None:
    line = Line("You say that {fragment}. Tell me more (please).")
    assert line.was_said_in("You say that you are lost. Tell me more (please).")
    assert not line.was_said_in("You say that you are lost.")
    assert not line.fits({"topic": "work"})


def test_an_unknown_slot_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"greeting: expected slots among fragment, feeling, topic, found \['nme'\]"):
        lines._group("greeting", {"strategy": "Others", "lines": ["Hello {nme}, how are you?"]})


def test_the_words_are_written_as_messages_are_read() -> None:
    """A phrase with a capital, an apostrophe or a full stop would never be found."""
    known = hearing.known_words()
    phrases = [phrase for part in known.values() if isinstance(part, list) for phrase in part]
    phrases += [word for part in ("feelings", "topics") for words in known[part].values() for word in words]
    assert [phrase for phrase in phrases if hearing.sentences(phrase) != [phrase]] == []
