"""What researchers may do to a conversation that goes on: stop it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from chat.models import Conversation
from esc.ontology import Ending
from tests.chat.talk import end, paired
from tests.people import Person

CONVERSATIONS = reverse("admin:chat_conversation_changelist")


def browser_of(*permissions: str) -> Client:
    user = User.objects.create_user("rosa", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def stop(client: Client, conversation: Conversation) -> str:
    sent = {"action": "stop", "_selected_action": [conversation.pk]}
    return client.post(CONVERSATIONS, sent, follow=True).content.decode()


@pytest.fixture
def conversation(sam: Person, pat: Person) -> Conversation:
    return paired(sam, pat)


def test_who_may_change_conversations_stops_one(conversation: Conversation) -> None:
    assert "is stopped" in stop(browser_of("view_conversation", "change_conversation"), conversation)
    conversation.refresh_from_db()
    assert conversation.ending == Ending.STOPPED


def test_who_may_only_read_them_cannot(conversation: Conversation) -> None:
    stop(browser_of("view_conversation"), conversation)
    conversation.refresh_from_db()
    assert conversation.is_open


def test_one_that_has_ended_stays_as_it_is(conversation: Conversation) -> None:
    end(conversation)
    assert "already ended" in stop(browser_of("view_conversation", "change_conversation"), conversation)
    conversation.refresh_from_db()
    assert conversation.ending == Ending.ENDED_BY_SEEKER
