"""The whole thing: scripted people against a server as operators run it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from esc.studies.models import Study
from tests.browser.live import Live, live_server

SAID = ["Good evening.  I cannot sleep. ", "Hello! What keeps you awake?", "Work…", "And 🙄 my neighbours", "I see."]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live_server(tmp_path_factory.mktemp("rehearse")) as running:
        yield running


def figures(printed: str) -> dict[str, int]:
    """The counts of the table."""
    lines = [line.rsplit(maxsplit=1) for line in printed.splitlines()]
    return {line[0]: int(line[1]) for line in lines if len(line) == 2 and line[1].isdigit()}


def test_everybody_ends_with_a_code_and_nothing_is_lost(live: Live) -> None:
    habits = ["--double-tabs", "50", "--slow", "25", "--reloads", "50"]
    printed = live.manage("rehearse", "--url", live.url, "--pairs", "4", "--pace", "0.1", "--seed", "3", *habits)
    assert figures(printed) == {
        "people": 8,
        "finished with a code": 8,
        "dropped out as planned": 0,
        "messages": 80,
        "lost": 0,
        "doubled": 0,
        "out of order": 0,
        "stuck": 0,
    }


def test_conversations_of_a_file_are_said_again(live: Live, tmp_path: Path) -> None:
    live.manage("create_study", "--slug", "try-out", "--rehearsal", "--open")
    file = tmp_path / "corpus.json"
    strategy = {"strategy": "ask"}
    roles = ["seeker", "supporter", "seeker", "seeker", "supporter"]
    dialog = [
        {"speaker": role, "annotation": strategy if role == "supporter" else {}, "content": text}
        for role, text in zip(roles, SAID, strict=True)
    ]
    file.write_text(json.dumps([{"dialog": dialog}]))
    printed = live.manage(
        *("rehearse", "--url", live.url, "--pairs", "2", "--study", "try-out", "--replay", str(file)),
        *("--map", "ask=Question"),
    )
    assert figures(printed)["messages"] == 10
    assert figures(printed)["finished with a code"] == 4


def test_who_is_left_by_a_partner_ends_with_a_code_too(live: Live) -> None:
    printed = live.manage("rehearse", "--url", live.url, "--pairs", "3", "--pace", "0.1", "--drop-outs", "100")
    counted = figures(printed)
    assert (counted["finished with a code"], counted["dropped out as planned"], counted["stuck"]) == (3, 3, 0)


@pytest.mark.django_db
def test_a_study_that_collects_is_refused_before_anybody_arrives(study: Study) -> None:
    with pytest.raises(CommandError, match="'demo' collects data"):
        call_command("rehearse", "--pairs", "1", "--study", "demo")
    assert not study.has_participants


def test_a_server_that_is_not_there_leaves_everybody_stuck_and_exits_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("chat.rehearse.browser.WAITS", (0,))
    nowhere = "http://127.0.0.1:1"
    with pytest.raises(SystemExit, match="1"):
        call_command("rehearse", "--pairs", "1", "--url", nowhere, "--links", f"{nowhere}/a/", f"{nowhere}/b/")
    assert figures(capsys.readouterr().out)["stuck"] == 2
