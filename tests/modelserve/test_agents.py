"""From an agent to its engine, and the studies that an engine cannot speak in."""

from __future__ import annotations

import re

import pytest

from esc.errors import FileRefusal
from esc.ontology import Strategy
from esc.studies.loading import default_protocol_text, parse_protocol
from esc.studies.models import Study
from esc.studies.schema import Agent as Seated
from esc.studies.services import create_study, open_study
from modelserve.agents import check_agents, check_strategies, script
from modelserve.models import Agent, Health
from tests.modelserve.engines import Listener
from tests.modelserve.models import Worker, later, opened, protocol_with, robin

ROBIN = Seated(name="Robin", engine="scripted")
WITHOUT_INFORMATION = default_protocol_text().replace('name = "Information"', 'name = "Facts"')


def test_the_script_is_made_once() -> None:
    assert script() is script()


def test_a_study_without_self_disclosure_suits_the_script() -> None:
    check_strategies(ROBIN, script().speaks, [name for name in Strategy if name is not Strategy.SELF_DISCLOSURE])


def test_a_missing_strategy_is_refused_by_name_with_the_remedy() -> None:
    with pytest.raises(FileRefusal) as refused:
        check_strategies(ROBIN, script().speaks, ["Question", "Others"])
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


class TestModels:
    """A study with a model opens while a worker has it in memory."""

    def refusal(self, text: str) -> FileRefusal:
        study = create_study(slug="models", text=text)
        with pytest.raises(FileRefusal) as refused:
            open_study(study_id=study.pk)
        assert not study.versions.exists()
        assert refused.value.place.startswith("agents.Robin.")
        return refused.value

    @pytest.mark.django_db
    def test_it_opens_when_a_worker_has_it(self, worker: Worker) -> None:
        robin(worker, Listener())
        assert opened(protocol_with("Robin")).is_open

    @pytest.mark.django_db
    def test_without_a_row_it_says_which_rows_there_are(self) -> None:
        Agent.objects.create(name="Jay", engine="causal", checkpoint="x")
        assert "it has: Jay. Add it there under Agents." in self.refusal(protocol_with("Robin")).reason

    @pytest.mark.django_db
    def test_what_nobody_serves_is_refused(self, worker: Worker) -> None:
        robin(worker, Listener())
        Agent.objects.update(is_served=False)
        assert "Tick “served”" in self.refusal(protocol_with("Robin")).reason

    @pytest.mark.django_db
    def test_a_checkpoint_that_cannot_be_loaded_says_why(self, worker: Worker) -> None:
        robin(worker, RuntimeError("there is no such folder"))
        assert "there is no such folder" in self.refusal(protocol_with("Robin")).reason

    @pytest.mark.django_db
    def test_where_no_worker_is_there_it_says_how_to_start_one(self, worker: Worker) -> None:
        robin(worker, Listener())
        Health.objects.update(seen_at=later(-61))
        assert "make worker-model" in self.refusal(protocol_with("Robin")).reason

    @pytest.mark.django_db
    def test_its_strategies_have_to_be_the_studys(self, worker: Worker) -> None:
        robin(worker, Listener())
        Agent.objects.update(speaks=["Advice", "Question"])
        text = protocol_with("Robin")
        assert "does not have: Advice" in self.refusal(text).reason

    def test_a_model_needs_something_safe_to_say(self) -> None:
        text = re.sub(r"\[\[safe_replies\]\]\n.*\n.*\n", "", protocol_with("Robin"))
        with pytest.raises(FileRefusal, match="safe_replies: expected at least one"):
            parse_protocol(text)

    def test_a_safe_reply_has_a_strategy_of_the_study(self) -> None:
        ours = '[[safe_replies]]\nstrategy = "Others"'
        text = protocol_with().replace(ours, ours.replace("Others", "Kindness"))
        with pytest.raises(FileRefusal, match="'Kindness'"):
            parse_protocol(text)
