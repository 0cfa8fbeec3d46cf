"""From an agent to its engine, and the studies that an engine cannot speak in."""

from __future__ import annotations

import pytest

from esc.errors import FileRefusal
from esc.ontology import Strategy
from esc.studies.loading import default_protocol_text, parse_protocol
from esc.studies.models import Study
from esc.studies.schema import Agent
from esc.studies.services import create_study, open_study
from modelserve.agents import check_agents, engine_of

SCRIPTED = Agent(name="Robin", engine="scripted")
WITHOUT_INFORMATION = default_protocol_text().replace('name = "Information"', 'name = "Facts"')


def test_an_engine_is_made_once() -> None:
    assert engine_of(SCRIPTED, list(Strategy)) is engine_of(SCRIPTED, list(Strategy))


def test_a_study_without_self_disclosure_suits_the_scripted_engine() -> None:
    assert engine_of(SCRIPTED, [strategy for strategy in Strategy if strategy is not Strategy.SELF_DISCLOSURE])


def test_a_missing_strategy_is_refused_by_name_with_the_remedy() -> None:
    with pytest.raises(FileRefusal) as refused:
        engine_of(SCRIPTED, ["Question", "Others"])
    assert refused.value.place == "agents.Robin.engine"
    assert "Affirmation and Reassurance, Information" in refused.value.reason
    assert "[[strategies]]" in refused.value.reason


def test_the_default_protocol_suits_its_agents() -> None:
    check_agents(parse_protocol(default_protocol_text()))


def test_an_agent_that_no_arm_seats_is_nobodys_problem() -> None:
    text = WITHOUT_INFORMATION.replace('supporter = "scripted"', 'supporter = "person"')
    check_agents(parse_protocol(text))


@pytest.mark.django_db
def test_no_study_opens_with_an_agent_that_cannot_speak_in_it() -> None:
    only_agents = WITHOUT_INFORMATION.replace('supporter = "person"', 'supporter = "scripted"')
    study = create_study(slug="facts", text=only_agents)
    with pytest.raises(FileRefusal, match=r"agents\.scripted\.engine: .*Information"):
        open_study(study_id=study.pk)
    study.refresh_from_db()
    assert study.state == Study.State.DRAFT
    assert not study.versions.exists()
