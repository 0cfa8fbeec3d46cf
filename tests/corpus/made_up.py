"""Made-up records in the release's format, in its own and in other spellings."""

from __future__ import annotations

import json
from typing import Any

from chat.models import Conversation
from corpus.exporting import esconv_chunks, exportable
from corpus.importing import Imported, import_esconv
from esc.studies.models import Study

Record = dict[str, Any]


def seeker(content: str = "I cannot sleep since the move.", feedback: object = None) -> Record:
    return {
        "speaker": "seeker",
        "annotation": {} if feedback is None else {"feedback": feedback},
        "content": content,
    }


def supporter(content: str = "What is on your mind at night?", strategy: str = "Question") -> Record:
    return {"speaker": "supporter", "annotation": {"strategy": strategy}, "content": content}


def record(**changed: Any) -> Record:
    """A whole record, with every key that there is; a key changed to None is left out."""
    whole: Record = {
        "experience_type": "Current Experience",
        "emotion_type": "anxiety",
        "problem_type": "sleep problems",
        "situation": " We moved in May.\nI lie awake. ",
        "survey_score": {
            "seeker": {
                "initial_emotion_intensity": "5",
                "empathy": "4",
                "relevance": "5",
                "final_emotion_intensity": "2",
            },
            "supporter": {"relevance": "3"},
        },
        "dialog": [
            seeker("Hello "),
            supporter("Hi!\n", "Others"),
            supporter(),
            seeker("The new flat 🏚, mostly – “too quiet”.", "4"),
            supporter("So it is the quiet.", "Restatement or Paraphrasing"),
        ],
        "seeker_question1": "It helped to be asked.",
        "seeker_question2": "",
        "supporter_question1": "Hard to begin.",
        "supporter_question2": "",
    }
    return {key: value for key, value in {**whole, **changed}.items() if value is not None}


def written(*records: object) -> bytes:
    return json.dumps(list(records)).encode()


def imported(*records: object, slug: str = "corpus", mapping: tuple[str, ...] = ()) -> Imported:
    return import_esconv(slug=slug, data=written(*records), mapping=mapping)


def exported(study: Study) -> list[Record]:
    """What comes out of the study."""
    found: list[Record] = json.loads(exported_bytes(study))
    return found


def exported_bytes(study: Study) -> bytes:
    return b"".join(esconv_chunks(exportable(Conversation.objects.filter(study=study))))
