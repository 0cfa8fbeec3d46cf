from __future__ import annotations

from typing import Any

import pytest

from esc.studies.loading import default_protocol_text, parse_protocol
from surveys.questionnaire import SURVEY_NAMES
from surveys.words import in_words

PROTOCOL = parse_protocol(default_protocol_text())


@pytest.mark.parametrize(
    ("survey", "key", "value", "words"),
    [
        ("seeker_before", "initial_emotion_intensity", 5, "5 (overwhelming)"),
        ("seeker_after", "empathy", 1, "1 (not at all)"),
        ("supporter_after", "detail", 3, "3 (some details)"),
        ("seeker_before", "problem_type", "job crisis", "job crisis (Trouble with work or losing a job)"),
        ("seeker_before", "problem_type", "sleep problems", "sleep problems (Sleeping badly)"),  # not offered
        ("seeker_before", "emotion_type", "anxiety", "anxiety"),
        ("seeker_before", "emotion_type", "joy", "joy"),  # of another protocol
        ("seeker_before", "situation", "They cut\nmy hours.", "They cut\nmy hours."),
        ("seeker_before", "initial_emotion_intensity", 9, "9"),
    ],
)
def test_an_answer_stands_beside_the_words_that_people_read(survey: str, key: str, value: Any, words: str) -> None:
    ((_, said),) = in_words(PROTOCOL, SURVEY_NAMES[survey], {key: value})
    assert said == words


def test_answers_stand_under_their_questions_in_the_protocols_order() -> None:
    said = in_words(PROTOCOL, "seeker_after", {"of_a_file": "x", "relevance": 2, "empathy": 4})
    assert [question.split()[0] for question, _ in said] == ["How", "How", "of_a_file"]
    assert [answer for _, answer in said] == ["4 (well)", "2 (a little)", "x"]
