"""A study goes on under the protocol that it froze, whatever the schema has learned since.

Each file in frozen/ is a protocol as a release had it. A new key of the schema needs a default under which an older
file means what it meant; a key that goes away must still be read. Every release adds its default protocol here.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from esc.ontology import Outcome, Role
from esc.studies.frozen import frozen
from esc.studies.loading import parse_protocol, sha256
from esc.studies.models import Study

FOLDER = Path(__file__).parent / "frozen"
# A frozen copy never changes: whoever would have to change one here breaks a study that is under way.
FROZEN = {"2026-11-first-release.toml": "43a3653477247aa980d70db912203a79f4751987b3e6fad0342369b7be2c19b4"}


def text_of(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def test_every_frozen_protocol_is_the_one_that_was_frozen() -> None:
    assert {path.name: sha256(text_of(path.name)) for path in FOLDER.iterdir()} == FROZEN


@pytest.mark.parametrize("name", FROZEN)
def test_a_protocol_of_an_older_release_is_still_read(name: str) -> None:
    protocol = parse_protocol(text_of(name))
    assert set(protocol.outcomes) == set(Outcome)
    assert protocol.agent("scripted").disclosure == "header"
    assert (protocol.approval.utterances, protocol.feedback.interval) == (16, 2)
    assert (protocol.max_conversations(Role.SEEKER), protocol.supporter.daily_limit) == (3, 5)


@pytest.mark.parametrize("name", FROZEN)
def test_a_study_that_was_opened_under_it_goes_on(study: Study, name: str) -> None:
    version = study.versions.create(number=2, text=text_of(name), sha256=FROZEN[name])
    assert study.protocol == frozen(version.pk).protocol
    assert frozen(version.pk).strategies == set(study.protocol.strategy_names)
