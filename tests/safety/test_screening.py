"""What the default list hears and what it does not: help too often is the smaller mistake, absurdly often is one."""

from __future__ import annotations

import json

import pytest

from esc.safety.screening import Found, Level, screen
from esc.studies.loading import default_protocol_text, parse_protocol
from modelserve.engines.scripted.hearing import known_words
from modelserve.engines.scripted.lines import groups
from tests.real_data import real_file

PROTOCOL = parse_protocol(default_protocol_text())


def heard(text: str) -> Found | None:
    return screen(text, PROTOCOL.danger)


def level(text: str) -> Level | None:
    found = heard(text)
    return found.level if found else None


@pytest.mark.parametrize(
    "text",
    [
        # negation is part of it
        "I don't want to live",
        "I don’t want to live anymore",
        "i dont wanna live",
        "I do n't want to live in this world",
        "I don ' t want to live any more",
        "I don't think I want to live",
        "I no longer want to live",
        "I don't want to be here anymore",
        "I don't want to wake up tomorrow",
        # wishes, plans, means
        "I want to die",
        "i just wanna die",
        "Sometimes I wish I was dead.",
        "I wish i could just die",
        "everyone would be better off without me",
        "no one would miss me if I was gone",
        "nobody would care if I died",
        "what's the point of living",
        "My life isn't worth living",
        "there is no reason for me to go on living",
        "I want to go to sleep and never wake up again",
        "I am going to kill myself",
        "I want to end my life",
        "I think about ending it all",
        "thinking of suicide",
        "I feel suicidal",
        "I hurt myself again",
        "I cut myself yesterday",
        "I took all of the sleeping pills",
        "I keep thinking about jumping in front of a train",
        # as people type
        "I WANT TO DIE!!!",
        "i want to dieeeee",
        "killlll my self",
        "im gonna kill mysef",
        "i think about suiside a lot",
        "sucidal thoughts",
        "KMS",
        "want 2 die",
        "I want to ... die",
        "I want to **die**",
        "I​ want to die",  # with a character that nobody sees
        "Ｉ ｗａｎｔ ｔｏ ｄｉｅ",
        # to somebody else
        "go kill yourself",
        "you should kill yourself",
        "I want to kill him",
    ],
)
def test_grave_words_are_heard(text: str) -> None:
    assert level(text) is Level.HIGH


@pytest.mark.parametrize(
    "text",
    [
        "I can't go on like this",
        "I want to disappear forever",
        "Suicide runs in the family",
        "my brother tried to hang himself",
        "She committed suicide two years ago.",
        "he threatened to kill me",
        "he threatened me with killing my family",
        "my husband beats me",
        "are you thinking of killing yourself?",
    ],
)
def test_what_may_be_grave_is_heard(text: str) -> None:
    assert level(text) is Level.MEDIUM


@pytest.mark.parametrize(
    "text",
    [
        "I would never kill myself",
        "I am NOT suicidal, don't worry",
        "I'm not going to kill myself",
        "I don't want to kill myself",
        "I don’t want to hurt myself",
        "I have no thoughts of suicide",
        "I used to want to die",
        "I never wanted to die",
    ],
)
def test_negation_lowers_the_alert_and_hides_nothing(text: str) -> None:
    assert level(text) is Level.LOW


@pytest.mark.parametrize(
    "text",
    [
        "I never liked it here. I want to die",
        "I'm not lying, I want to die",
        "It is not your fault that I want to die",
        "I can not do this, I want to kill myself",
        "Not that you care but I am suicidal",
    ],
)
def test_a_negation_of_something_else_lowers_nothing(text: str) -> None:
    assert level(text) is Level.HIGH


def test_the_gravest_counts() -> None:
    assert level("I would never kill myself, but I want to die.") is Level.HIGH


@pytest.mark.parametrize(
    "text",
    [
        "My friend said 'I want to die'",
        'My friend said "I want to die" and I do not know what to do',
        "She wrote: “I don’t want to live”",
        "Yesterday my sister told us «I want to end my life».",
    ],
)
def test_somebody_elses_words_lower_the_alert_and_hide_nothing(text: str) -> None:
    assert level(text) is Level.LOW


@pytest.mark.parametrize(
    "text",
    [
        'I keep thinking "I want to die"',
        '"I want to die"',
        "I said 'I want to die' to my mother",
        'Why? "I want to die"',
    ],
)
def test_who_quotes_oneself_is_not_lowered(text: str) -> None:
    assert level(text) is Level.HIGH


@pytest.mark.parametrize(
    "text",
    [
        "this job is killing me",
        "I'm dying to see you",
        "I could kill for a coffee",
        "I'm dying of laughter",
        "that deadline is a killer, and my phone died",
        "she's drop dead gorgeous",
        "dead tired, and scared to death",
        "over my dead body",
        "it's a dead-end job",
        "we were just killing time",
        "this cake is to die for",
        "my grandmother died last year",
        "I want to live in another city",
        "I don't want to live with my parents",
        "I don't want to live here anymore",
        "I want to dye my hair",
        "I should cut myself a little slack",
        "I cut myself off from my friends",
        "I shot myself in the foot with that",
        "I'd rather die than go there",
        "I wanted to die of embarrassment",
        "Don't beat yourself up",
        "it hits me every time, and it beats me why",
        "I can't go on vacation",
        "I don't want to wake up early",
        "the company committed career suicide",
        "what doesn't kill you makes you stronger",
        "I am proud of myself, and I hate myself",
        "I take my medication every day",
        "I want to end things with my boyfriend",
        "I would like to end this chat now",
        "I do not want to hurt him",
        "No harm done.",
        "It was the time of my life",
        "He gave up on his life as a student",
        "",
        "?!",
    ],
)
def test_what_only_sounds_like_it_is_left_alone(text: str) -> None:
    assert heard(text) is None


@pytest.mark.parametrize("text", ["I want to go. Die Hard is on", "I want to\ndie Wäsche waschen"])
def test_a_phrase_never_crosses_a_sentence(text: str) -> None:
    assert heard(text) is None


def test_what_is_told_names_phrases_and_no_words() -> None:
    assert heard("I want to die, I feel suicidal") == Found(
        level=Level.HIGH,
        phrases=("en.suicide_named", "en.suicide_of_mine", "en.to_partner", "en.want_to_die"),
        to_partner=True,
    )


@pytest.mark.parametrize(("text", "to_partner"), [("kill yourself", True), ("I want to kill myself", False)])
def test_whether_it_is_said_to_the_partner_is_known(text: str, to_partner: bool) -> None:
    found = heard(text)
    assert found
    assert found.to_partner is to_partner


def test_the_guidance_and_the_notice_do_not_trip_the_list_themselves() -> None:
    assert heard(PROTOCOL.danger.notice) is None


def test_no_line_of_the_scripted_supporter_trips_the_list() -> None:
    assert [line.text for group in groups().values() for line in group.lines if heard(line.text)] == []


@pytest.mark.parametrize("phrase", [phrase for phrase in known_words()["danger"] if "kill" not in phrase])
def test_what_the_scripted_supporter_answers_as_danger_the_list_hears(phrase: str) -> None:
    """The script is not interrupted by its own idea of danger without the resources being shown."""
    assert heard(f"I {phrase}")


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["esconv_dialogs_dev.json", "failed_esconv_part1.json"])
def test_few_real_conversations_are_interrupted(name: str) -> None:
    """The release was cleaned of most danger: more than a few in a hundred would be false alarms."""
    talks = json.loads(real_file(name).read_text(encoding="utf-8"))
    interrupted = [talk for talk in talks if any(heard(utterance["content"]) for utterance in talk["dialog"])]
    assert 0 < len(interrupted) / len(talks) < 0.05


@pytest.mark.parametrize(
    "piece",
    ['"kill myself" ', "'kill myself' ", "i would never kill myself ", "'tis ", "' x" + " " * 400, "ﷺ"],
    ids=["quoted", "single quotes", "negated", "open quotes", "spaces", "grows when it is normalised"],
)
def test_a_text_that_is_made_to_be_slow_to_read_is_read(piece: str) -> None:
    """Each of these once looked from every place to the end of the text: minutes, in which nobody could chat."""
    text = (piece * 20_000)[:20_000]
    found = heard(text)
    assert (found is not None) is ("kill" in piece)


def test_who_spoke_far_away_lowers_nothing() -> None:
    assert level('My brother said "I want to die".') == Level.LOW
    assert level(f'My brother {"was there and " * 20} said "I want to die".') == Level.HIGH
