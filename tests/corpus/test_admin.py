"""What researchers see of conversations and verdicts, and the export that streams to them."""

from __future__ import annotations

import json
from collections.abc import Generator

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.http import HttpResponse
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chat.models import Conversation
from corpus import admin as corpus_admin
from esc.studies.models import Study
from qc.models import Verdict
from qc.services import judge_conversation
from tests.corpus.made_up import exported_bytes, imported, record
from tests.qc.held import begun, ended, seeker_answers

CONVERSATIONS = reverse("admin:chat_conversation_changelist")
STUDIES = reverse("admin:studies_study_changelist")


def staff(*permissions: str) -> User:
    user = User.objects.create_user(f"staff-{User.objects.count()}", is_staff=True)
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def client(*permissions: str) -> Client:
    browser = Client()
    browser.force_login(staff(*permissions))
    return browser


@pytest.fixture
def researcher(db: None) -> Client:
    """May look at everything here, and have conversations judged."""
    return client("chat.view_conversation", "chat.view_utterance", "chat.view_feedback", "studies.view_study",
                  "qc.view_verdict", "qc.add_verdict")  # fmt: skip


@pytest.fixture
def corpus(db: None) -> Study:
    return imported(record(situation="one"), record(situation="two"), record(situation="three")).study


def act(browser: Client, page: str, action: str, *keys: object) -> HttpResponse:
    response: HttpResponse = browser.post(page, {"action": action, "_selected_action": [str(key) for key in keys]})  # type: ignore[assignment]
    return response


def page_of(conversation: Conversation) -> str:
    return reverse("admin:chat_conversation_change", args=[conversation.pk])


async def downloaded(user: User, page: str, *keys: object) -> tuple[dict[str, str], list[bytes]]:
    """The headers and the chunks of an export, as the server sends them."""
    browser = AsyncClient()
    await browser.aforce_login(user)
    response = await browser.post(page, {"action": "export_esconv", "_selected_action": [str(key) for key in keys]})
    assert response.streaming, response.content
    return dict(response.headers), [chunk async for chunk in response.streaming_content]  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
async def test_a_study_is_exported_as_the_command_would(corpus: Study) -> None:
    user = await sync_to_async(staff)("studies.view_study", "chat.view_conversation")

    headers, chunks = await downloaded(user, STUDIES, corpus.pk)

    assert headers["Content-Disposition"] == 'attachment; filename="corpus-esconv.json"'
    assert headers["Content-Type"] == "application/json"
    assert b"".join(chunks) == await sync_to_async(exported_bytes)(corpus)


@pytest.mark.django_db(transaction=True)
async def test_selected_conversations_are_exported_and_no_others(corpus: Study) -> None:
    user = await sync_to_async(staff)("chat.view_conversation")
    chosen = await Conversation.objects.aget(import_index=1)

    headers, chunks = await downloaded(user, CONVERSATIONS, chosen.pk)

    assert headers["Content-Disposition"] == 'attachment; filename="corpus-esconv.json"'
    assert [found["situation"] for found in json.loads(b"".join(chunks))] == ["two"]


@pytest.mark.django_db(transaction=True)
async def test_several_studies_are_one_file(corpus: Study, study: Study) -> None:
    user = await sync_to_async(staff)("studies.view_study", "chat.view_conversation")

    headers, chunks = await downloaded(user, STUDIES, corpus.pk, study.pk)

    assert headers["Content-Disposition"] == 'attachment; filename="esconv.json"'
    assert len(json.loads(b"".join(chunks))) == 3


@pytest.mark.django_db(transaction=True)
async def test_a_study_without_conversations_is_an_empty_array(study: Study) -> None:
    user = await sync_to_async(staff)("studies.view_study", "chat.view_conversation")

    headers, chunks = await downloaded(user, STUDIES, study.pk)

    assert headers["Content-Disposition"] == 'attachment; filename="demo-esconv.json"'
    assert b"".join(chunks) == b"[]\n"


async def test_every_chunk_is_made_when_it_is_asked_for_and_none_after_that() -> None:
    made, closed = [], []

    def chunks() -> Generator[bytes, None, None]:
        try:
            for number in range(1_000):
                made.append(number)
                yield b"chunk"
        finally:
            closed.append(True)

    stream = corpus_admin.in_the_event_loop(chunks())
    assert made == []
    assert [await anext(stream), await anext(stream)] == [b"chunk", b"chunk"]
    assert made == [0, 1]
    await stream.aclose()  # type: ignore[attr-defined]
    assert (made, closed) == ([0, 1], [True])


@pytest.mark.parametrize("permissions", [[], ["studies.view_study"], ["chat.view_conversation"]])
def test_a_study_is_exported_only_to_who_may_read_conversations_and_it(corpus: Study, permissions: list[str]) -> None:
    response = act(client(*permissions), STUDIES, "export_esconv", corpus.pk)

    assert not response.streaming
    assert b"three" not in response.content


@pytest.mark.parametrize("permissions", [[], ["studies.view_study"]])
def test_conversations_are_exported_only_to_who_may_read_them(corpus: Study, permissions: list[str]) -> None:
    response = act(client(*permissions), CONVERSATIONS, "export_esconv", Conversation.objects.all()[0].pk)

    assert response.status_code == 403


def test_nobody_outside_the_staff_gets_in(corpus: Study) -> None:
    outsider = Client()
    outsider.force_login(User.objects.create_user("mallory"))

    for page in (CONVERSATIONS, STUDIES, page_of(Conversation.objects.all()[0])):
        assert outsider.get(page).status_code == 302
        assert act(outsider, page, "export_esconv", corpus.pk).status_code == 302


def test_the_list_shows_verdicts_and_filters_by_them(study: Study, researcher: Client) -> None:
    judged, unjudged = ended(study), ended(study)
    judge_conversation(conversation_id=judged.conversation.pk)

    def listed(query: str) -> set[str]:
        content = researcher.get(f"{CONVERSATIONS}?{query}").content.decode()
        return {str(held.conversation) for held in (judged, unjudged) if str(held.conversation) in content}

    assert listed("") == {str(judged.conversation), str(unjudged.conversation)}
    assert listed("verdict=approved") == {str(judged.conversation)}
    assert listed("verdict=rejected") == set()
    assert listed("verdict=none") == {str(unjudged.conversation)}


def test_the_list_costs_no_query_per_conversation(study: Study, researcher: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert researcher.get(CONVERSATIONS).status_code == 200
        return len(captured)

    imported(record(), record(), slug=study.slug)
    few = queries()
    imported(*[record()] * 10, slug=study.slug)
    assert queries() == few


def test_a_conversations_page_has_what_was_said_answered_and_found(study: Study, researcher: Client) -> None:
    held = ended(study)
    seeker_answers(held)
    judge_conversation(conversation_id=held.conversation.pk)

    page = researcher.get(page_of(held.conversation)).content.decode()

    assert "This is what I have on my mind today, part 3 of it." in page
    assert "They cut my hours twice this month.<br>I do not sleep." in page
    assert "The conversation has 16 utterances; at least 16 are needed." in page
    assert "approved" in page


def test_markup_in_a_message_stays_text(study: Study, researcher: Client) -> None:
    imported(record(situation="<b>bold</b><script>alert(1)</script>"), slug=study.slug)

    page = researcher.get(page_of(Conversation.objects.get())).content.decode()

    assert "<script>alert(1)" not in page
    assert "&lt;b&gt;bold" in page


def test_a_conversation_and_a_verdict_can_be_read_and_not_changed(corpus: Study) -> None:
    conversation = Conversation.objects.all()[0]
    verdict = judge_conversation(conversation_id=conversation.pk)
    admin = Client()
    admin.force_login(User.objects.create_superuser("root"))
    for page in (page_of(conversation), reverse("admin:qc_verdict_change", args=[verdict.pk])):
        assert admin.get(page).status_code == 200
        assert admin.post(page, {"ending": "silence", "decision": "approved"}).status_code == 403
        assert admin.post(page.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert Conversation.objects.count() == 3


def test_the_verdicts_are_listed_with_their_study(corpus: Study, researcher: Client) -> None:
    verdict = judge_conversation(conversation_id=Conversation.objects.all()[0].pk)

    page = researcher.get(reverse("admin:qc_verdict_changelist")).content.decode()
    detail = researcher.get(reverse("admin:qc_verdict_change", args=[verdict.pk])).content.decode()

    assert "corpus" in page
    assert "Does not hold:" in detail
    assert "The conversation has 5 utterances" in detail


def test_judging_again_makes_a_verdict_where_the_state_is_new(study: Study, researcher: Client) -> None:
    held, going_on = ended(study), begun(study)
    keys = [held.conversation.pk, going_on.conversation.pk]

    first = researcher.get(act(researcher, CONVERSATIONS, "judge_again", *keys)["Location"]).content.decode()
    again = researcher.get(act(researcher, CONVERSATIONS, "judge_again", *keys)["Location"]).content.decode()

    assert "1 judged; 1 of the verdicts are new." in first
    assert "This conversation goes on." in first
    assert "1 judged; 0 of the verdicts are new." in again
    assert Verdict.objects.get().conversation == held.conversation


def test_judging_again_needs_the_permission_to_make_verdicts(corpus: Study) -> None:
    act(client("chat.view_conversation"), CONVERSATIONS, "judge_again", Conversation.objects.all()[0].pk)

    assert not Verdict.objects.exists()


def test_scores_and_options_stand_in_the_protocols_words(researcher: Client, corpus: Study) -> None:
    page = researcher.get(page_of(corpus.conversations.order_by("import_index")[0])).content.decode()
    for words in ("4 (good)", "5 (overwhelming)", "2 (mild)", "3 (some details)", "sleep problems (Sleeping badly)"):
        assert words in page


def test_the_list_of_verdicts_fits_on_a_phone(researcher: Client, corpus: Study) -> None:
    conversation = corpus.conversations.order_by("import_index")[0]
    judge_conversation(conversation_id=conversation.pk)
    page = researcher.get(reverse("admin:qc_verdict_changelist")).content.decode()
    assert f">{str(conversation.pk)[:8]}</a>" in page
    assert str(conversation.pk) not in page
