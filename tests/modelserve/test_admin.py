"""Agents in the admin: what researchers write and read of them, and what stays as it is."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chat.models import Conversation
from esc.errors import FileRefusal
from modelserve.admin import IDENTITY
from modelserve.models import Agent, Generation, Health
from tests.modelserve.engines import Listener, Says
from tests.modelserve.models import CHECKPOINT, HASH, Worker, opened, protocol_with, robin, with_robin
from tests.people import Person

LIST = "admin:modelserve_agent_changelist"
FORM = {
    "name": "Jay",
    "engine": "causal",
    "checkpoint": "/checkpoints/jay",
    "base_url": "",
    "api_key_env": "",
    "variant": "",
    "decoding": "{}",
    "batch": "32",
    "is_served": "on",
    "health-TOTAL_FORMS": "0",
    "health-INITIAL_FORMS": "0",
}

pytestmark = pytest.mark.django_db


def change(agent: Agent) -> str:
    return reverse("admin:modelserve_agent_change", args=[agent.pk])


def faults(client: Client, **changes: str) -> dict[str, Any]:
    """What the form says against an agent with these fields; nothing where the agent is made."""
    response = client.post(reverse("admin:modelserve_agent_add"), {**FORM, **changes})
    return dict(response.context["adminform"].form.errors) if response.status_code == 200 else {}


@pytest.fixture
def agent(worker: Worker) -> Agent:
    return robin(worker, Listener())


def answered(worker: Worker) -> Conversation:
    """A conversation in which Robin has opened."""
    conversation = with_robin(opened(protocol_with("Robin")))[1]
    worker.answer()
    return conversation


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"engine": "openai"}, "base_url"),
        ({"engine": "openai", "base_url": "vllm:8000"}, "base_url"),
        ({"base_url": "http://vllm:8000/v1"}, "base_url"),
        ({"api_key_env": "VLLM_API_KEY"}, "base_url"),
        ({"engine": "openai", "base_url": "http://vllm:8000/v1", "api_key_env": "sk-123456"}, "api_key_env"),
        ({"decoding": "[1]"}, "decoding"),
        ({"decoding": '{"a": {"b": 1}}'}, "decoding"),
        ({"decoding": "{"}, "decoding"),
        ({"batch": "0"}, "batch"),
        ({"variant": "oracle"}, "variant"),
        ({"engine": "scripted"}, "engine"),
    ],
)
def test_what_does_not_go_together_is_said_at_its_field(
    admin_client: Client, changes: dict[str, str], field: str
) -> None:
    assert field in faults(admin_client, **changes)
    assert not Agent.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"variant": "random", "decoding": '{"temperature": 0.5}'},
        {"engine": "openai", "base_url": "http://vllm:8000/v1", "api_key_env": "VLLM_API_KEY"},
    ],
)
def test_an_agent_is_made(admin_client: Client, changes: dict[str, str]) -> None:
    assert faults(admin_client, **changes) == {}
    page = admin_client.get(change(Agent.objects.get())).content.decode()
    assert "No worker has looked at it yet. Start one with: make worker-model" in page


def test_the_list_tells_how_each_is_doing(admin_client: Client, worker: Worker, agent: Agent) -> None:
    answered(worker)
    with_robin(opened(protocol_with("Robin"), slug="more"))
    page = admin_client.get(reverse(LIST)).content.decode()
    assert "Ready since" in page
    assert '<td class="field-waiting">1</td>' in page
    assert "s for 1</td>" in page


def test_a_page_tells_the_hash_the_strategies_and_a_way_to_try_it(admin_client: Client, agent: Agent) -> None:
    page = admin_client.get(change(agent)).content.decode()
    assert HASH in page
    assert f"{reverse('admin:modelserve_trial_add')}?agent={agent.pk}" in page
    assert "none yet" in page


def test_a_checkpoint_that_could_not_be_loaded_says_why_there(admin_client: Client, worker: Worker) -> None:
    agent = robin(worker, FileRefusal(CHECKPOINT, "it has no generation.json"))
    for address in (change(agent), reverse(LIST)):
        assert "it has no generation.json" in admin_client.get(address).content.decode()


def test_a_worker_that_was_not_seen_for_a_minute_is_not_there(admin_client: Client, agent: Agent) -> None:
    Health.objects.update(seen_at="2026-11-20T10:00:00Z")
    assert "No worker is there. The last one was seen 2026-11-20 10:00:00 UTC." in (
        admin_client.get(change(agent)).content.decode()
    )


def test_how_replies_came_about_is_shown_and_counted(admin_client: Client, worker: Worker, agent: Agent) -> None:
    worker.engines[CHECKPOINT] = Says([""], ["Hello, I am here for you."])
    worker.restart()
    conversation = answered(worker)
    assert "1 replies, 1 of them drawn again and 0 replaced" in admin_client.get(change(agent)).content.decode()
    made = Generation.objects.get()
    for address in (
        reverse("admin:modelserve_generation_changelist") + f"?agent__id__exact={agent.pk}",
        reverse("admin:modelserve_generation_change", args=[made.pk]),
    ):
        page = admin_client.get(address).content.decode()
        assert str(conversation.pk)[:8] in page
        assert "empty" in page


class TestIdentity:
    """An agent that has answered people stays who it was."""

    def test_before_its_first_answer_it_may_become_another(self, admin_client: Client, agent: Agent) -> None:
        assert admin_client.post(change(agent), {**FORM, "name": "Robin"}).status_code == 302
        agent.refresh_from_db()
        assert (agent.checkpoint, agent.checkpoint_hash, agent.speaks) == ("/checkpoints/jay", "", [])

    def test_from_then_on_only_how_it_is_served_changes(
        self, admin_client: Client, worker: Worker, agent: Agent
    ) -> None:
        answered(worker)
        assert admin_client.post(change(agent), {**FORM, "batch": "8"}).status_code == 302
        agent.refresh_from_db()
        assert (agent.name, agent.checkpoint, agent.checkpoint_hash) == ("Robin", CHECKPOINT, HASH)
        assert agent.batch == 8

    def test_what_workers_write_meanwhile_is_kept(self, admin_client: Client, agent: Agent) -> None:
        form = {**FORM, "name": "Robin", "engine": "seq2seq", "checkpoint": CHECKPOINT, "batch": "4"}
        assert admin_client.post(change(agent), form).status_code == 302
        agent.refresh_from_db()
        assert (agent.batch, agent.checkpoint_hash) == (4, HASH)

    def test_a_new_checkpoint_is_taken_only_before_its_first_answer(
        self, admin_client: Client, worker: Worker, agent: Agent
    ) -> None:
        action = {"action": "take_new_checkpoints", "_selected_action": [agent.pk]}
        admin_client.post(reverse(LIST), action)
        agent.refresh_from_db()
        assert agent.checkpoint_hash == ""
        worker.serve(0)
        answered(worker)
        page = admin_client.post(reverse(LIST), action, follow=True).content.decode()
        assert "has answered people already" in page
        agent.refresh_from_db()
        assert agent.checkpoint_hash == HASH
        assert set(IDENTITY) <= {field.name for field in Agent._meta.fields}

    def test_whoever_spoke_to_people_cannot_be_deleted(
        self, admin_client: Client, worker: Worker, agent: Agent
    ) -> None:
        answered(worker)
        admin_client.post(reverse("admin:modelserve_agent_delete", args=[agent.pk]), {"post": "yes"})
        assert Agent.objects.filter(pk=agent.pk).exists()


def test_no_outsider_gets_in(mallory: Person, agent: Agent) -> None:
    for address in (reverse(LIST), change(agent), reverse("admin:modelserve_generation_changelist")):
        for client in (mallory.client, Client()):
            response = client.get(address)
            assert response.status_code == 302
            assert "/login/" in response["Location"]
