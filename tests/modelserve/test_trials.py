"""A researcher tries an agent out: the box, the reply, and who may not."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from esc.errors import Refusal
from esc.ontology import Role
from modelserve.engines.base import Heard
from modelserve.models import Agent, Trial
from modelserve.trials import ask, heard_in
from tests.modelserve.engines import Broken, Listener, Says
from tests.modelserve.models import Worker, robin
from tests.people import Person

ADD = "admin:modelserve_trial_add"
TALK = "I lost my job.\nsupporter [Question]: What happened?\n\nSeeker: They closed the office."


@pytest.fixture
def agent(db: None, worker: Worker) -> Agent:
    return robin(worker, Listener())


def try_it(client: Client, agent: Agent, talk: str = TALK) -> str:
    """The page of the trial."""
    response = client.post(reverse(ADD), {"agent": agent.pk, "conversation": talk})
    assert response.status_code == 302, response.content.decode()
    return str(response["Location"])


def test_a_conversation_is_written_one_message_a_line() -> None:
    assert heard_in(TALK) == (
        Heard(Role.SEEKER, "I lost my job."),
        Heard(Role.SUPPORTER, "What happened?", "Question"),
        Heard(Role.SEEKER, "They closed the office."),
    )
    assert heard_in("supporter: Hello") == (Heard(Role.SUPPORTER, "Hello"),)
    assert heard_in(" \n ") == ()


def test_a_researcher_reads_the_reply_with_its_strategy_and_seconds(
    admin_client: Client, worker: Worker, agent: Agent
) -> None:
    form = admin_client.get(reverse(ADD), {"agent": agent.pk}).content.decode()
    assert f'<option value="{agent.pk}" selected>Robin</option>' in form
    page = try_it(admin_client, agent)
    waiting = admin_client.get(page)
    assert waiting["Refresh"] == "2"
    assert "A worker is asked" in waiting.content.decode()
    assert worker.serve(0)
    answered = admin_client.get(page)
    assert "Refresh" not in answered
    assert "I read 3 of your messages." in answered.content.decode()
    trial = Trial.objects.get()
    assert (trial.strategy, trial.tokens, trial.error) == ("Question", 6, "")
    assert trial.seconds is not None
    assert not worker.serve(0), "it is answered once"


def test_what_the_filter_refused_is_shown(admin_client: Client, worker: Worker, agent: Agent) -> None:
    worker.engines[agent.checkpoint] = Says(["<pad>"], ["What happened?"])
    worker.restart()
    page = try_it(admin_client, agent)
    worker.serve(0)
    assert "special_tokens" in admin_client.get(page).content.decode()


@pytest.mark.parametrize("engine", [Broken(), Says([None])])
def test_what_went_wrong_is_shown(admin_client: Client, worker: Worker, agent: Agent, engine: Broken | Says) -> None:
    worker.engines[agent.checkpoint] = engine
    worker.restart()
    page = try_it(admin_client, agent)
    worker.serve(0)
    shown = admin_client.get(page).content.decode()
    assert "No reply: " in shown
    assert ("out of memory" in shown) or ("did not answer" in shown)


def test_where_nobody_answers_the_page_says_so_and_stops_asking(admin_client: Client, agent: Agent) -> None:
    page = try_it(admin_client, agent)
    Trial.objects.update(asked_at=timezone.now() - Trial.PATIENCE)
    shown = admin_client.get(page)
    assert "Refresh" not in shown
    assert "No worker answered within 60 seconds" in shown.content.decode()


def test_not_too_many_wait_at_once(admin_client: Client, agent: Agent, admin_user: object) -> None:
    for _ in range(Trial.MOST_WAITING):
        try_it(admin_client, agent)
    response = admin_client.post(reverse(ADD), {"agent": agent.pk, "conversation": TALK}, follow=True)
    assert "Many trials of this agent wait already" in response.content.decode()
    assert Trial.objects.count() == Trial.MOST_WAITING
    with pytest.raises(Refusal, match="Many trials"):
        ask(agent=agent, conversation=TALK, user_id=admin_user.pk)  # type: ignore[attr-defined]


def test_nobody_else_tries_an_agent(agent: Agent, mallory: Person) -> None:
    reader = get_user_model().objects.create_user("reader", password="x", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_agent"))
    looks_only = Client()
    looks_only.force_login(reader)
    for client, status in ((mallory.client, 302), (Client(), 302), (looks_only, 403)):
        for answer in (
            client.get(reverse(ADD)),
            client.post(reverse(ADD), {"agent": agent.pk, "conversation": TALK}),
        ):
            assert answer.status_code == status
            assert status != 302 or "/login/" in answer["Location"]
    assert not Trial.objects.exists()
