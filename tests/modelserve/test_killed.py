"""Kill -9 of a real worker in the middle of its work, with twenty chats at once: every turn is answered once."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection
from django.utils import timezone
from kombu import Connection

from chat.models import AwaitedTurn, Conversation
from esc.celery import app
from esc.ontology import Role
from modelserve import services
from modelserve.models import Agent, Generation, Health
from tests.chat.talk import say
from tests.modelserve.models import opened, protocol_with, spoken, with_robin
from tests.modelserve.process import broker, worker_process

CHATS = 20
QUICK = {"turn_lease": "2", "turn_delay": "1", "base": "0.1", "per_character": "0", "longest": "0.1"}


class Site:
    """What a deployment has beside the worker: beat, which wakes it, and whoever sweeps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        config = connection.settings_dict
        if connection.vendor == "sqlite":
            self.database = f"sqlite:///{config['NAME']}"
        else:
            user = f"{quote(config['USER'])}:{quote(config['PASSWORD'])}"
            self.database = f"postgres://{user}@{config['HOST']}:{config['PORT'] or 5432}/{config['NAME']}"
        settings = broker(folder)
        self.broker = Connection(settings["broker_url"], transport_options=settings["broker_transport_options"])

    def tick(self) -> None:
        app.send_task("modelserve.serve", queue="model", connection=self.broker, expires=5)
        services.answer_turns(now=timezone.now())

    def until(self, done: Callable[[], bool]) -> None:
        """The site goes on until that is so."""
        deadline = time.monotonic() + 60
        while not done():
            assert time.monotonic() < deadline, (self.folder / "log").read_text()[-8000:]
            self.tick()
            time.sleep(0.2)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.django_db(transaction=True)
def test_every_turn_is_answered_once_although_its_worker_is_killed(site: Site, tmp_path: Path) -> None:
    Agent.objects.create(name="Robin", engine=Agent.Engine.SEQ2SEQ, checkpoint="/checkpoints/robin")
    hold, thinking = tmp_path / "hold", tmp_path / "thinking"
    hold.touch()
    with worker_process(tmp_path, site.database) as first:
        site.until(lambda: Health.objects.ready(timezone.now()).exists())
        study = opened(protocol_with("Robin", **QUICK))
        talks = [with_robin(study)[1] for _ in range(CHATS)]
        for number, talk in enumerate(talks):
            say(talk, Role.SEEKER, f"event {number}")
        AwaitedTurn.objects.update(due_at=timezone.now())
        site.until(thinking.exists)
        assert thinking.read_text() == str(CHATS), "they are one batch"
        first.kill()
        first.wait()
    assert AwaitedTurn.objects.filter(leased_until__isnull=False, text="").count() == CHATS
    assert not Generation.objects.exists()
    hold.unlink()
    with worker_process(tmp_path, site.database):
        site.until(lambda: all(spoken(talk) for talk in talks))
        site.until(lambda: not AwaitedTurn.objects.filter(answered_at=None).exists())
    assert [spoken(talk) for talk in talks] == [[f"What came after event {number}"] for number in range(CHATS)]
    assert Generation.objects.count() == CHATS
    assert set(AwaitedTurn.objects.values_list("remade", flat=True)) == {False}
    assert {Conversation.objects.get(pk=talk.pk).last_position for talk in talks} == {2}
