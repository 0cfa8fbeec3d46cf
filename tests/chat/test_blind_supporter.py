"""Nothing of the seeker's surveys or ratings reaches the supporter (paper §3.1): all of their traffic is searched."""

from __future__ import annotations

import json

import pytest
from channels.db import database_sync_to_async
from django.test import Client

from chat.models import Conversation
from surveys.models import SurveyResponse
from tests.chat import talk
from tests.chat.sockets import question, saying, tab
from tests.people import Person

pytestmark = pytest.mark.django_db(transaction=True)
db = database_sync_to_async

SECRETS = {
    "problem_type": "ongoing depression",
    "emotion_type": "disgust",
    "situation": "The lighthouse keeper never wrote back to me.",
    "experience_type": "Previous Experience",
}
WORDS_OF_A_RATING = ("feedback", "score", "rating", "intensity")


@pytest.fixture
def conversation(sam: Person, pat: Person) -> Conversation:
    SurveyResponse.objects.create(
        seat=talk.seat_of(sam), survey="seeker_before", answers={**SECRETS, "initial_emotion_intensity": 5}
    )
    return talk.paired(sam, pat)


def pages(pat: Person, conversation: Conversation) -> str:
    """Everything that the supporter's browser is served for this conversation, its final addresses included."""
    client: Client = pat.client
    chat = client.get(f"/study/demo/chat/{conversation.pk}/", follow=True)
    assert chat.status_code == 200
    here = client.get("/study/demo/", follow=True)
    return chat.content.decode() + here.content.decode() + str(chat.headers) + str(here.redirect_chain)


async def test_the_supporters_traffic_holds_nothing_of_the_seekers_answers(
    sam: Person, pat: Person, conversation: Conversation
) -> None:
    heard = await db(pages)(pat, conversation)
    async with tab(sam, conversation) as seeker, tab(pat, conversation) as supporter:
        for number in range(1, 9):
            await seeker.ask(saying(f"Part {number} of my story."), "ack")
            await supporter.until("utterance")
            await supporter.ask(question(f"And what came after part {number}?"), "ack")
            if number % 2 == 0:
                due = await seeker.until("feedback_due")
                await seeker.ask({"type": "feedback", "through": due["through"], "score": 4}, "feedback_saved")
        async with tab(pat, conversation) as second:
            heard += json.dumps(second.frames)
        await supporter.refused({"type": "feedback", "through": 2, "score": 5})
        await seeker.ask({"type": "end"}, "ended")
        await supporter.until("ended")
        frames = [frame for frame in supporter.frames if frame["type"] != "refused"]
    heard += json.dumps(frames) + await db(pages)(pat, conversation)
    for secret in SECRETS.values():
        assert secret not in heard
    spoken = json.dumps(frames)
    for word in WORDS_OF_A_RATING:
        assert word not in spoken
    assert not {"feedback_due", "feedback_saved"} & {frame["type"] for frame in frames}
    assert {frame["type"] for frame in frames} <= {"welcome", "ack", "utterance", "presence", "ended"}
    assert sum(frame["type"] == "utterance" for frame in frames) == 8
