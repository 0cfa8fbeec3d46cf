"""How fast one person may write: by the pure rule, and through a real socket."""

from __future__ import annotations

from io import StringIO

import pytest
from channels.db import database_sync_to_async
from django.core.management import call_command

from chat.limits import REHEARSED, TYPING, Bucket, messages_per_minute
from chat.models import Conversation, Utterance
from esc.ontology import Purpose, Role
from esc.studies.loading import default_protocol_text
from esc.studies.models import Study
from esc.studies.services import open_study
from tests.chat import talk
from tests.chat.sockets import question, saying, tab
from tests.people import Person, join

db = database_sync_to_async


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([0, 0, 0], [True, True, True]),  # all of a minute's at once
        ([0, 0, 0, 0], [True, True, True, False]),
        ([0, 0, 0, 19, 20], [True, True, True, False, True]),  # three a minute: one comes back after 20 s
        ([0, 0, 0, 3600, 3600, 3600, 3600], [True, True, True, True, True, True, False]),  # a pause saves up no more
        ([0, 0, 0, 10, 10, 20], [True, True, True, False, False, True]),  # who is refused is not put off
    ],
)
def test_so_many_a_minute_and_no_more(times: list[float], expected: list[bool]) -> None:
    bucket = Bucket(3, now=0)
    assert [bucket.take(now) for now in times] == expected


@pytest.mark.parametrize("purpose", Purpose)
def test_a_rehearsal_has_a_limit_far_above_the_studys(purpose: Purpose) -> None:
    assert messages_per_minute(purpose, 7) == (REHEARSED if purpose is Purpose.REHEARSE else 7)


@pytest.fixture
def slow_study(study: Study) -> Study:
    """Three messages a minute."""
    study.draft = default_protocol_text().replace("messages_per_minute = 120", "messages_per_minute = 3")
    study.save()
    open_study(study_id=study.pk)
    return study


@pytest.mark.django_db(transaction=True)
async def test_what_comes_too_fast_is_refused_as_busy_and_can_be_sent_later(
    slow_study: Study, sam: Person, pat: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = await db(talk.paired)(sam, pat)
    async with tab(sam, conversation) as seeker, tab(pat, conversation) as supporter:
        for number in range(3):
            await seeker.say(f"message {number}")
        fast = saying("one too many")
        refused = await seeker.refused(fast)
        assert (refused["code"], refused["client_id"]) == ("busy", fast["client_id"])
        assert "kept" in refused["message"]
        await supporter.ask(question("Are you still there?"), "ack")  # the partner has a limit of their own
        monkeypatch.setattr("chat.consumers.monotonic", lambda: float("1e9"))
        assert (await seeker.ask(fast, "ack"))["position"] == 5
    assert await db(Utterance.objects.filter(conversation=conversation).count)() == 5


@pytest.mark.django_db(transaction=True)
async def test_neither_a_second_tab_nor_a_reload_lets_anybody_write_faster(
    slow_study: Study, sam: Person, pat: Person
) -> None:
    conversation = await db(talk.paired)(sam, pat)
    async with tab(sam, conversation) as seeker:
        for number in range(3):
            await seeker.say(f"message {number}")
        async with tab(sam, conversation) as second:
            assert (await second.refused(saying("from a second tab")))["code"] == "busy"
    async with tab(sam, conversation) as reloaded:
        assert (await reloaded.refused(saying("after a reload")))["code"] == "busy"


@pytest.mark.django_db(transaction=True)
async def test_typing_past_the_limit_is_not_passed_on(
    sam: Person, pat: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.consumers.monotonic", lambda: 1.0)
    conversation = await db(talk.paired)(sam, pat)
    async with tab(sam, conversation) as seeker, tab(pat, conversation) as supporter:
        for _ in range(TYPING + 5):
            await seeker.send({"type": "typing"})
        await seeker.say("done")
        await supporter.until("utterance")
    assert [frame["type"] for frame in supporter.frames].count("typing") == TYPING


@pytest.mark.django_db(transaction=True)
async def test_a_rehearsal_may_write_faster_than_its_study_says() -> None:
    def prepare() -> tuple[Conversation, Person]:
        call_command("create_study", "--slug", "try-out", "--rehearsal", "--open", stdout=StringIO())
        study = Study.objects.get()
        sam, pat = join(study, Role.SEEKER), join(study, Role.SUPPORTER)
        return talk.paired(sam, pat), sam

    conversation, sam = await db(prepare)()
    async with tab(sam, conversation) as seeker:
        for number in range(130):
            await seeker.say(str(number))
