"""A conversation of a corpus file, said again through the real sockets, comes out of the export as it went in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from channels.db import database_sync_to_async

from chat.models import Conversation
from corpus.exporting import esconv_chunks, exportable
from tests.chat import talk
from tests.chat.sockets import Tab, saying, tab
from tests.people import Person
from tests.real_data import real_file

pytestmark = pytest.mark.django_db(transaction=True)
db = database_sync_to_async
Line = dict[str, Any]

MADE_UP: list[Line] = [
    {"speaker": "seeker", "annotation": {}, "content": " Hi there!  I did not sleep again. "},
    {"speaker": "supporter", "annotation": {"strategy": "Others"}, "content": "Hello – good that you are here…"},
    {"speaker": "supporter", "annotation": {"strategy": "Question"}, "content": "What keeps you awake?"},
    {"speaker": "seeker", "annotation": {}, "content": 'The new shifts.\nAnd my son\'s "plans" 🙄'},
    {"speaker": "seeker", "annotation": {}, "content": "Both, really."},
    {"speaker": "supporter", "annotation": {"strategy": "Reflection of feelings"}, "content": "That sounds draining."},
    {"speaker": "seeker", "annotation": {}, "content": "Ja, sehr. Ça va passer <3 & so on"},
]


async def replay(lines: list[Line], seeker: Tab, supporter: Tab) -> None:
    """Everybody says their lines in turn; the seeker rates whenever a rating falls due."""
    unrated, newest = 0, 0
    for line in lines:
        if line["speaker"] == "supporter":
            ack = await supporter.ask(saying(line["content"], strategy=line["annotation"]["strategy"]), "ack")
            unrated, newest = unrated + 1, ack["position"]
            continue
        if unrated >= 2:
            while (await seeker.until("feedback_due"))["through"] < newest:
                pass
            await seeker.ask({"type": "feedback", "through": newest, "score": 5}, "feedback_saved")
            unrated = 0
        await seeker.ask(saying(line["content"]), "ack")
    await seeker.ask({"type": "end"}, "ended")


def exported() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(b"".join(esconv_chunks(exportable(Conversation.objects.all()))))
    return found


def spoken(lines: list[Line]) -> list[tuple[str, str | None, str]]:
    return [(line["speaker"], line["annotation"].get("strategy"), line["content"]) for line in lines]


async def replayed(sam: Person, pat: Person, lines: list[Line]) -> list[Line]:
    conversation = await db(talk.paired)(sam, pat)
    async with tab(sam, conversation) as seeker, tab(pat, conversation) as supporter:
        await replay(lines, seeker, supporter)
    (record,) = await db(exported)()
    dialog: list[Line] = record["dialog"]
    return dialog


async def test_a_made_up_conversation_comes_out_as_it_was_said(sam: Person, pat: Person) -> None:
    assert spoken(await replayed(sam, pat, MADE_UP)) == spoken(MADE_UP)


@pytest.mark.real_data
@pytest.mark.parametrize("index", [0, 7, 100])
async def test_a_real_conversation_comes_out_as_it_was_said(sam: Person, pat: Person, index: int) -> None:
    lines = json.loads(real_file("esconv_dialogs_dev.json").read_text(encoding="utf-8"))[index]["dialog"]
    assert spoken(await replayed(sam, pat, lines)) == spoken(lines)
