"""A model that was trained in this test sits in the supporter's seat: a whole conversation, to the exported file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import walk
from tests.browser.conftest import Visitor
from tests.browser.corpus import write_corpus
from tests.browser.live import Live
from tests.browser.talk import TALK
from tests.browser.test_whole_way import Looks, exported, verdict_of


@pytest.fixture(scope="module")
def checkpoint(server: Live, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A joint checkpoint: the one that MODEL_CHECKPOINT names, else one that learned a made-up corpus from nothing."""
    if given := os.environ.get("MODEL_CHECKPOINT"):
        return Path(given).resolve()
    folder = tmp_path_factory.mktemp("model")
    how = ["--base", "tiny", "--variant", "joint", "--epochs", "10", "--learning-rate", "3e-3", "--warmup-steps", "20"]
    corpus = write_corpus(folder / "corpus.json")
    server.manage("train_supporter", str(corpus), "--out", str(folder / "checkpoint"), *how)
    return folder / "checkpoint"


def test_a_model_holds_a_whole_conversation_to_the_export(
    server: Live, visitor: Visitor, checkpoint: Path, tmp_path: Path
) -> None:
    study = server.study_with_a_model(checkpoint)
    page, look = visitor(), Looks()
    page.goto(study.model)
    walk.consent(page)
    walk.survey_before(page, intensity=5)
    walk.in_chat(page)
    walk.heading(page, "You are talking to a computer program")
    said = walk.talk_with_model(page, look)
    walk.end_chat(page, look=look)
    walk.survey_after_seeker(page, intensity=2, empathy=5, relevance=5)
    assert walk.finish(page) == "ESC-COMPLETED"

    assert verdict_of(server, study) == "approved"
    (record,) = exported(server, study, tmp_path, verdict="approved")
    assert len(record["dialog"]) == 2 * len(TALK) + 1
    spoken = [turn for turn in record["dialog"] if turn["speaker"] == "supporter"]
    assert [turn["content"] for turn in spoken] == said
    known = {strategy["name"] for strategy in walk.protocol()["strategies"]}
    assert {turn["annotation"]["strategy"] for turn in spoken} <= known
    a_researcher_reads_how_it_came_about(visitor(), server, utterances=len(spoken))


def a_researcher_reads_how_it_came_about(page: Page, server: Live, *, utterances: int) -> None:
    """The agent's page counts its replies, and the box on it gets one more."""
    page.goto(f"{server.url}/admin/modelserve/agent/")
    page.get_by_label("Username:").fill("researcher")
    page.get_by_label("Password:").fill(server.password)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Model 1", exact=True).click()
    expect(page.get_by_text("Ready since")).to_be_visible()
    expect(page.get_by_role("link", name=f"{utterances} replies")).to_be_visible()
    page.get_by_role("link", name="Try it").click()
    page.get_by_label("Conversation:").fill(TALK[0].said)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("A worker is asked.")).to_be_hidden(timeout=walk.TOGETHER)
    shown = page.locator(".field-strategy .readonly")
    expect(shown).not_to_be_empty()
    assert shown.inner_text() in {strategy["name"] for strategy in walk.protocol()["strategies"]}
