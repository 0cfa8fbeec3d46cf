"""Which survey and item each key of the release's format comes from. Export and import both read this, and only this.

`survey_score.supporter.relevance` is the release's key for the supporter's rating of the seeker's detail (DESIGN §7).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from esc.studies.schema import SurveyName

Place = tuple[SurveyName, str]  # survey and item key
Answers = dict[str, Any]

# In the order in which an export writes them: HEAD, survey_score, dialog, TAIL.
HEAD: Mapping[str, Place] = {
    "experience_type": ("seeker_before", "experience_type"),
    "emotion_type": ("seeker_before", "emotion_type"),
    "problem_type": ("seeker_before", "problem_type"),
    "situation": ("seeker_before", "situation"),
}
SCORES: Mapping[str, Mapping[str, Place]] = {
    "seeker": {
        "initial_emotion_intensity": ("seeker_before", "initial_emotion_intensity"),
        "empathy": ("seeker_after", "empathy"),
        "relevance": ("seeker_after", "relevance"),
        "final_emotion_intensity": ("seeker_after", "final_emotion_intensity"),
    },
    "supporter": {"relevance": ("supporter_after", "detail")},
}
TAIL: Mapping[str, Place] = {
    "seeker_question1": ("seeker_after", "seeker_question1"),
    "seeker_question2": ("seeker_after", "seeker_question2"),
    "supporter_question1": ("supporter_after", "supporter_question1"),
    "supporter_question2": ("supporter_after", "supporter_question2"),
}


def answers_in(record: Mapping[str, Any]) -> dict[SurveyName, Answers]:
    """Survey → its answers, for the surveys of which the record holds at least one."""
    answers: dict[SurveyName, Answers] = {}

    def take(part: Mapping[str, Any], places: Mapping[str, Place]) -> None:
        for key, (survey, item) in places.items():
            if key in part:
                answers.setdefault(survey, {})[item] = part[key]

    take(record, HEAD)
    for side, places in SCORES.items():
        take(record.get("survey_score", {}).get(side, {}), places)
    take(record, TAIL)
    return answers


def answered(places: Mapping[str, Place], given: Mapping[str, Answers]) -> Answers:
    """Release key → answer, in the release's order; what was not answered leaves its key out."""
    return {key: given[survey][item] for key, (survey, item) in places.items() if item in given.get(survey, {})}
