"""What a worker has in memory, what it says of it, and the checkpoints that it will not serve."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from esc.errors import FileRefusal
from modelserve.engines.loading import EngineSpec
from modelserve.loaded import load_agent, spec_of
from modelserve.models import Agent, Health
from tests.modelserve.engines import Listener
from tests.modelserve.models import CHECKPOINT, HASH, Worker, later, robin

pytestmark = pytest.mark.django_db


def test_a_worker_loads_an_agent_once_and_says_so(worker: Worker) -> None:
    agent = robin(worker, Listener())
    assert (agent.checkpoint_hash, agent.speaks) == (HASH, ["Question"])
    worker.serve(1)
    assert len(worker.loads) == 1
    health = Health.objects.get()
    assert health.loaded_at is not None
    assert health.error == ""


def test_it_is_seen_every_few_seconds(worker: Worker) -> None:
    robin(worker, Listener())
    first = Health.objects.get().seen_at
    worker.serve(3)
    assert Health.objects.get().seen_at == first
    worker.serve(6)
    assert Health.objects.get().seen_at > first


def test_workers_that_are_long_gone_are_forgotten(worker: Worker) -> None:
    agent = robin(worker, Listener())
    Health.objects.create(agent=agent, worker="old", seen_at=timezone.now() - timedelta(days=2))
    worker.serve(6)
    assert [health.worker for health in Health.objects.all()] != ["old"]
    assert Health.objects.count() == 1


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (FileRefusal(CHECKPOINT, "there is no such folder"), f"{CHECKPOINT}: there is no such folder"),
        (RuntimeError("CUDA error"), "RuntimeError: CUDA error"),
    ],
)
def test_what_cannot_be_loaded_says_why_and_is_tried_again(worker: Worker, failure: Exception, said: str) -> None:
    agent = robin(worker, failure)
    health = Health.objects.get()
    assert (health.error, health.loaded_at) == (said, None)
    worker.engines[CHECKPOINT] = Listener()
    worker.serve(10)
    assert Health.objects.get().loaded_at is None
    worker.serve(31)
    assert Health.objects.get().loaded_at is not None
    agent.refresh_from_db()
    assert agent.checkpoint_hash == HASH


def test_one_agent_that_cannot_be_loaded_harms_no_other(worker: Worker) -> None:
    robin(worker, RuntimeError("no memory"))
    Agent.objects.create(name="Jay", engine=Agent.Engine.CAUSAL, checkpoint="/checkpoints/jay")
    worker.engines["/checkpoints/jay"] = Listener()
    worker.serve(1)
    assert Health.objects.get(agent__name="Jay").loaded_at is not None


def test_another_checkpoint_under_the_same_name_is_refused_loudly(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    agent = robin(worker, Listener())
    worker.hashes[CHECKPOINT] = "f" * 64
    worker.restart()
    worker.serve(1)
    health = Health.objects.get()
    assert health.loaded_at is None
    assert f"Expected {HASH}, found {'f' * 64}" in health.error
    assert "cannot be served" in caplog.text
    agent.refresh_from_db()
    assert agent.checkpoint_hash == HASH
    assert worker.seats.engine_of(agent) is None
    worker.hashes[CHECKPOINT] = HASH
    worker.serve(40)
    assert Health.objects.get().loaded_at is not None, "the old files are back"


def test_a_row_that_changed_is_loaded_anew_at_once(worker: Worker) -> None:
    robin(worker, RuntimeError("no such folder"))
    worker.engines["/checkpoints/other"] = Listener()
    Agent.objects.update(checkpoint="/checkpoints/other")
    worker.serve(1)
    assert Health.objects.get().loaded_at is not None


def test_what_is_not_served_any_more_leaves_the_memory(worker: Worker) -> None:
    agent = robin(worker, Listener())
    Agent.objects.update(is_served=False)
    worker.serve(1)
    assert worker.seats.engine_of(agent) is None


def test_a_process_serves_the_agents_that_it_is_told(worker: Worker, settings: Any) -> None:
    settings.MODEL_AGENTS = ["Jay"]
    robin(worker, Listener())
    assert worker.loads == []
    assert not Health.objects.exists()


def test_a_row_in_plain_values(settings: Any) -> None:
    settings.MODEL_DEVICE = "cpu"
    agent = Agent(
        name="Robin",
        engine=Agent.Engine.OPENAI,
        checkpoint="tiny",
        base_url="http://127.0.0.1:8001/v1",
        api_key_env="VLLM_API_KEY",
        variant="joint",
        decoding={"top_k": 30, "temperature": 0.7},
    )
    assert spec_of(agent) == EngineSpec(
        engine="openai",
        checkpoint="tiny",
        variant="joint",
        decoding=(("temperature", 0.7), ("top_k", 30)),
        device="cpu",
        base_url="http://127.0.0.1:8001/v1",
        api_key_env="VLLM_API_KEY",
    )


def test_an_endpoint_has_no_files_and_no_hash(worker: Worker) -> None:
    agent = Agent.objects.create(name="Robin", engine=Agent.Engine.OPENAI, checkpoint="tiny", base_url="http://x/v1")
    worker.engines["tiny"] = Listener()
    load_agent(agent)
    assert agent.checkpoint_hash == ""


def test_what_was_loaded_long_ago_by_nobody_alive_is_not_ready(worker: Worker) -> None:
    agent = robin(worker, Listener())
    assert agent.health.ready(timezone.now()).exists()
    assert not agent.health.ready(later(70)).exists()
