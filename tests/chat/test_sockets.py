"""The wire protocol of DESIGN §5 through the real application."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from django.conf import settings

from chat.models import Conversation, Notice, Utterance
from chat.publish import side
from chat.registry import Item, registry
from chat.services import post_notice
from esc.ontology import Role
from tests.chat import talk
from tests.chat.sockets import close_code, path_of, question, saying, tab
from tests.people import Person

pytestmark = pytest.mark.django_db(transaction=True)
db = database_sync_to_async


@pytest.fixture
def conversation(sam: Person, pat: Person) -> Conversation:
    return talk.paired(sam, pat)


async def stored(conversation: Conversation) -> list[tuple[int, str, str]]:
    rows = Utterance.objects.filter(conversation=conversation).order_by("position")
    return [(row.position, row.role, row.text) async for row in rows]


async def test_welcome_comes_before_anything_else(sam: Person, pat: Person, conversation: Conversation) -> None:
    async with tab(sam, conversation) as seeker, tab(pat, conversation) as supporter:
        assert seeker.frames[0] == {
            "type": "welcome",
            "protocol": 1,
            "role": "seeker",
            "position": 0,
            "partner_present": False,
            "feedback_due": None,
            "utterances": [],
            "notices": [],
        }
        assert supporter.frames[0]["partner_present"] is True
        assert "feedback_due" not in supporter.frames[0]


async def test_a_message_is_acknowledged_and_delivered_once(
    sam: Person, pat: Person, conversation: Conversation
) -> None:
    async with tab(sam, conversation) as seeker, tab(pat, conversation) as supporter:
        client_id = str(uuid4())
        ack = await seeker.say("  Hello  ", client_id=client_id)
        assert (ack["client_id"], ack["position"]) == (client_id, 1)
        sent_at = datetime.fromisoformat(ack["sent_at"])
        assert sent_at.tzinfo == UTC
        assert ack["sent_at"].endswith("Z")
        assert await stored(conversation) == [(1, "seeker", "  Hello  ")], "committed before the ack"
        assert await supporter.until("utterance") == {
            "type": "utterance",
            "position": 1,
            "role": "seeker",
            "text": "  Hello  ",
            "sent_at": ack["sent_at"],
            "client_id": client_id,
        }
        assert await supporter.is_quiet()
        assert "utterance" not in [frame["type"] for frame in seeker.frames]


async def test_every_other_tab_of_both_people_gets_it(sam: Person, pat: Person, conversation: Conversation) -> None:
    async with tab(sam, conversation) as first, tab(sam, conversation) as second, tab(pat, conversation) as supporter:
        await first.say("Hello")
        for other in (second, supporter):
            assert (await other.until("utterance"))["text"] == "Hello"
        await first.is_quiet()
        assert "utterance" not in [frame["type"] for frame in first.frames]


async def test_only_the_supporter_sees_strategies(sam: Person, pat: Person, conversation: Conversation) -> None:
    async with tab(pat, conversation) as supporter, tab(pat, conversation) as other, tab(sam, conversation) as seeker:
        await supporter.say("How are you?", strategy="Question")
        assert (await other.until("utterance"))["strategy"] == "Question"
        assert "strategy" not in await seeker.until("utterance")
    async with tab(pat, conversation) as again, tab(sam, conversation) as seeker_again:
        assert again.frames[0]["utterances"][0]["strategy"] == "Question"
        assert "strategy" not in seeker_again.frames[0]["utterances"][0]


async def test_resuming_brings_what_the_page_does_not_have(
    sam: Person, pat: Person, conversation: Conversation
) -> None:
    for number in range(1, 4):
        await db(talk.say)(conversation, Role.SEEKER, f"message {number}")
    async with tab(pat, conversation, after=1) as supporter:
        welcome = supporter.frames[0]
        assert welcome["position"] == 3
        assert [frame["position"] for frame in welcome["utterances"]] == [2, 3]
    async with tab(pat, conversation, after=3) as up_to_date:
        assert up_to_date.frames[0]["utterances"] == []


@pytest.mark.parametrize("after", ["-1", "x", "", "9" * 30, "1.5"])
async def test_an_odd_after_is_read_as_none(sam: Person, conversation: Conversation, after: str) -> None:
    from tests.chat.sockets import socket

    await db(talk.say)(conversation, Role.SEEKER, "Hello")
    async with socket(f"/ws/chat/{conversation.pk}/?after={after}", cookie=sam.cookie) as opened:
        assert [frame["position"] for frame in (await opened.next())["utterances"]] == [1]


async def test_a_push_that_got_lost_is_made_good_from_the_rows(
    sam: Person, pat: Person, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tab(pat, conversation) as supporter:
        with monkeypatch.context() as deaf:
            deaf.setattr("chat.publish._send_out", lambda items: None)
            for number in (1, 2):
                await db(talk.say)(conversation, Role.SEEKER, f"message {number}")
        await db(talk.say)(conversation, Role.SEEKER, "message 3")
        texts = [(await supporter.until("utterance"))["text"] for _ in range(3)]
        assert texts == ["message 1", "message 2", "message 3"]


async def test_a_push_that_comes_twice_is_shown_once(sam: Person, pat: Person, conversation: Conversation) -> None:
    async with tab(pat, conversation) as supporter:
        await db(talk.say)(conversation, Role.SEEKER, "Hello")
        frame = await supporter.until("utterance")
        registry.deliver([Item(side(conversation.pk, Role.SUPPORTER), frame["position"], frame)])
        assert await supporter.is_quiet()


async def test_the_same_client_id_gives_the_same_ack_even_after_the_end(
    sam: Person, pat: Person, conversation: Conversation
) -> None:
    async with tab(sam, conversation) as seeker:
        client_id = str(uuid4())
        first = await seeker.say("Hello", client_id=client_id)
        assert await seeker.say("Hello", client_id=client_id) == first
        await seeker.ask({"type": "end"}, "ended")
        assert await seeker.say("Hello", client_id=client_id) == first
        refusal = await seeker.refused(saying("One more"))
        assert refusal["code"] == "ended"
    assert len(await stored(conversation)) == 1


REFUSED = [
    ("{", "bad_frame"),
    ("[]", "bad_frame"),
    ({"type": "shout"}, "bad_frame"),
    (saying("x" * 40_000), "bad_frame"),
    (saying(""), "bad_text"),
    (saying(" \n "), "bad_text"),
    (saying("x" * 2001), "bad_text"),
    (saying("a\x00b"), "bad_text"),
    (saying("\ud800"), "bad_text"),
    (saying("Hello", strategy="Question"), "strategy_not_allowed"),
    ({"type": "feedback", "through": 1, "score": 5}, "bad_feedback"),
]


@pytest.mark.parametrize(("frame", "code"), REFUSED)
async def test_a_seekers_bad_frame_is_refused_and_the_socket_stays(
    sam: Person, conversation: Conversation, frame: object, code: str
) -> None:
    async with tab(sam, conversation) as seeker:
        refusal = await seeker.refused(frame)
        assert refusal["code"] == code
        assert refusal["message"].endswith(".")
        if isinstance(frame, dict) and len(frame.get("text", "")) < 30_000:
            assert refusal.get("client_id") == frame.get("client_id")
        assert (await seeker.say("Still here."))["position"] == 1
    assert await stored(conversation) == [(1, "seeker", "Still here.")]


async def test_binary_frames_are_refused(sam: Person, conversation: Conversation) -> None:
    async with tab(sam, conversation) as seeker:
        await seeker.communicator.send_to(bytes_data=b"{}")
        assert (await seeker.until("refused"))["code"] == "bad_frame"


@pytest.mark.parametrize("strategy", [None, "Hypnosis"])
async def test_a_supporter_needs_a_known_strategy(pat: Person, conversation: Conversation, strategy: str) -> None:
    async with tab(pat, conversation) as supporter:
        code = (await supporter.refused(saying("Hello", strategy=strategy)))["code"]
        assert code == ("strategy_required" if strategy is None else "unknown_strategy")
    assert await stored(conversation) == []


async def test_feedback_goes_to_the_seeker_alone(sam: Person, pat: Person, conversation: Conversation) -> None:
    async with tab(sam, conversation) as seeker, tab(pat, conversation) as supporter:
        for text in ("one", "two"):
            await supporter.ask(question(text), "ack")
        assert (await seeker.until("feedback_due"))["through"] == 2
        await supporter.ask(question("three"), "ack")
        assert (await seeker.until("feedback_due"))["through"] == 3, "it is sent again as it moves"
        assert (await seeker.refused(saying("Hello")))["code"] == "feedback_due"
        assert (await seeker.until("feedback_due"))["through"] == 3, "whoever forgot it is told again"
        saved = await seeker.ask({"type": "feedback", "through": 3, "score": 4}, "feedback_saved")
        assert (saved["through"], saved["score"]) == (3, 4)
        await seeker.say("Hello")
        await supporter.until("utterance")
        assert await supporter.is_quiet()
        assert not {"feedback_due", "feedback_saved"} & {frame["type"] for frame in supporter.frames}


async def test_a_rating_that_is_due_is_told_again_on_return(
    sam: Person, pat: Person, conversation: Conversation
) -> None:
    for text in ("one", "two"):
        await db(talk.say)(conversation, Role.SUPPORTER, text)
    async with tab(sam, conversation) as seeker:
        assert seeker.frames[0]["feedback_due"] == 2


async def test_typing_is_told_to_the_partner_only(sam: Person, pat: Person, conversation: Conversation) -> None:
    async with tab(sam, conversation) as seeker, tab(pat, conversation) as supporter:
        await seeker.send({"type": "typing"})
        assert await supporter.until("typing") == {"type": "typing", "role": "seeker"}
        await seeker.is_quiet()
        assert "typing" not in [frame["type"] for frame in seeker.frames]


async def test_two_tabs_are_one_person(sam: Person, pat: Person, conversation: Conversation) -> None:
    async with tab(pat, conversation) as supporter:
        assert (await supporter.until("presence"))["present"] is False  # on the way
        async with tab(sam, conversation):
            assert (await supporter.until("presence"))["present"] is True
            async with tab(sam, conversation):
                pass
            assert await supporter.is_quiet()
        gone = await supporter.until("presence")
        assert (gone["role"], gone["present"], gone["grace_s"]) == ("seeker", False, 120)


async def test_a_seekers_end_ends_it_for_both_with_their_own_outcome(
    sam: Person, pat: Person, conversation: Conversation
) -> None:
    async with tab(sam, conversation) as seeker, tab(pat, conversation) as supporter:
        await seeker.say("I feel better now, thank you.")
        await seeker.send({"type": "end", "reason": "I feel better"})
        ended = await seeker.until("ended")
        assert (ended["ending"], ended["outcome"]) == ("ended_by_seeker", "left_early")
        assert ended["next"] == "/study/demo/survey/after/"
        ended = await supporter.until("ended")
        assert (ended["outcome"], ended["next"]) == ("partner_left", "/study/demo/left/")
    async with tab(pat, conversation) as late:
        assert (await late.until("ended"))["outcome"] == "partner_left"


async def test_a_supporters_end_is_proposed_to_both(sam: Person, pat: Person, conversation: Conversation) -> None:
    async with tab(sam, conversation) as seeker, tab(pat, conversation) as supporter:
        await supporter.send({"type": "end"})
        for side_ in (seeker, supporter):
            proposed = await side_.until("end_proposed")
            assert proposed["by"] == "supporter"
            assert datetime.fromisoformat(proposed["until"])
        async with tab(sam, conversation) as back:
            assert (await back.until("end_proposed"))["by"] == "supporter"
        await seeker.ask({"type": "end"}, "ended")


async def test_notices_reach_their_side_and_stand_until_they_close(
    sam: Person, pat: Person, conversation: Conversation
) -> None:
    async with tab(sam, conversation) as seeker, tab(pat, conversation) as supporter:
        await db(post_notice)(
            conversation_id=conversation.pk, kind=Notice.Kind.GUIDANCE, text="Take your time.", to=Role.SUPPORTER
        )
        told = await supporter.until("notice")
        assert (told["kind"], told["text"], told["until"]) == ("guidance", "Take your time.", None)
        await seeker.is_quiet()
        assert "notice" not in [frame["type"] for frame in seeker.frames]
    async with tab(pat, conversation) as back:
        assert [notice["text"] for notice in back.frames[0]["notices"]] == ["Take your time."]


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://testserver.evil.example", "javascript://testserver", "http://[", "null", "", None],
)
async def test_a_wrong_or_missing_origin_is_closed_with_4403(
    sam: Person, conversation: Conversation, origin: str | None
) -> None:
    assert await close_code(path_of(conversation), cookie=sam.cookie, origin=origin) == 4403


async def test_an_anonymous_socket_is_closed_with_4403(conversation: Conversation) -> None:
    for cookie in (None, f"{settings.SESSION_COOKIE_NAME}=forged"):
        assert await close_code(path_of(conversation), cookie=cookie) == 4403


async def test_an_outsider_is_closed_with_4403(mallory: Person, conversation: Conversation) -> None:
    assert await close_code(path_of(conversation), cookie=mallory.cookie) == 4403


async def test_a_conversation_that_does_not_exist_is_closed_with_4403(sam: Person) -> None:
    assert await close_code(f"/ws/chat/{uuid4()}/", cookie=sam.cookie) == 4403


async def test_a_socket_where_there_is_none_is_closed_with_4403(sam: Person) -> None:
    assert await close_code("/ws/nowhere/", cookie=sam.cookie) == 4403


async def test_evidence_is_stored(sam: Person, conversation: Conversation) -> None:
    async with tab(sam, conversation) as seeker:
        await seeker.say("Hello", evidence={"pasted_chars": 3, "typing_ms": 900})
    row = await Utterance.objects.aget(conversation=conversation)
    assert (row.pasted_chars, row.typing_ms) == (3, 900)
