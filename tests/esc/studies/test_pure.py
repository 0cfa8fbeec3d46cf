"""Panels, arms and links: what the protocol says of them, without a database."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from esc.ontology import Role
from esc.studies.arms import arms_for, draw_arm, roles_of
from esc.studies.links import link_faults
from esc.studies.loading import default_protocol_text, parse_protocol
from esc.studies.panels import MAX_ID, PanelAdapter
from esc.studies.schema import Arm, Panel, Protocol

PROTOCOL = parse_protocol(default_protocol_text())
PROLIFIC = PanelAdapter.of(Panel(name="prolific", preset="prolific"))


def with_arms(*arms: Arm) -> Protocol:
    return PROTOCOL.model_copy(update={"arms": list(arms)})


def person(weight: float, name: str = "people") -> Arm:
    return Arm(name=name, supporter="person", weight=weight)


def agent(weight: float) -> Arm:
    return Arm(name="scripted", supporter="scripted", weight=weight)


class TestPanels:
    @pytest.mark.parametrize(
        ("preset", "query", "ids"),
        [
            ("prolific", {"PROLIFIC_PID": "p", "STUDY_ID": "s", "SESSION_ID": "x"}, ("p", "x")),
            ("generic", {"participant": "p", "submission": "x"}, ("p", "x")),
            ("mturk", {"workerId": "p", "assignmentId": "x"}, ("p", "x")),
            ("direct", {"participant": "p", "submission": "x"}, ("", "")),
            ("prolific", {}, ("", "")),
            ("prolific", {"PROLIFIC_PID": "  p "}, ("p", "")),
        ],
    )
    def test_preset_knows_its_parameters(self, preset: str, query: dict[str, str], ids: tuple[str, str]) -> None:
        adapter = PanelAdapter.of(Panel.model_validate({"name": "a", "preset": preset}))
        assert (adapter.person_in(query), adapter.submission_in(query)) == ids

    def test_protocol_may_name_a_parameter_anew_or_switch_it_off(self) -> None:
        adapter = PanelAdapter.of(Panel(name="ours", preset="prolific", person="who", submission=""))
        assert adapter.person_in({"who": "p", "PROLIFIC_PID": "other"}) == "p"
        assert adapter.submission_in({"SESSION_ID": "x"}) == ""

    @pytest.mark.parametrize("value", ["{{%PROLIFIC_PID%}}", "p" * (MAX_ID + 1), "p\x00", "p\nq", "   "])
    def test_what_cannot_be_somebodys_id_is_nobodys(self, value: str) -> None:
        assert PROLIFIC.person_in({"PROLIFIC_PID": value}) == ""

    def test_way_back_carries_the_code(self) -> None:
        assert PROLIFIC.back_to("ESC-1") == "https://app.prolific.com/submissions/complete?cc=ESC-1"
        assert PanelAdapter().back_to("ESC-1") == ""

    def test_pattern_names_each_parameter_with_the_panels_placeholder(self) -> None:
        assert PROLIFIC.query_pattern == (
            "?PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}"
        )
        assert PanelAdapter.of(Panel(name="d", preset="direct")).query_pattern == ""
        assert PanelAdapter.of(Panel(name="d", preset="direct", person="who")).query_pattern == "?who=WHO"


class TestArms:
    def test_seekers_can_be_in_every_arm_and_supporters_where_the_supporter_is_a_person(self) -> None:
        assert [arm.name for arm in arms_for(PROTOCOL, Role.SEEKER)] == ["people", "scripted"]
        assert [arm.name for arm in arms_for(PROTOCOL, Role.SUPPORTER)] == ["people"]

    @pytest.mark.parametrize(
        ("arms", "roles"),
        [
            ([person(1), agent(0)], [Role.SEEKER, Role.SUPPORTER]),
            ([person(0), agent(1)], [Role.SEEKER]),
            ([agent(1)], [Role.SEEKER]),
        ],
    )
    def test_roles_are_those_that_a_weighted_arm_has_a_place_for(self, arms: list[Arm], roles: list[Role]) -> None:
        assert roles_of(with_arms(*arms)) == roles

    def test_arm_is_drawn_by_weight(self) -> None:
        def first_with_most(arms: Sequence[Arm], weights: Sequence[float]) -> Arm:
            return max(zip(arms, weights, strict=True), key=lambda pair: pair[1])[0]

        protocol = with_arms(person(1), agent(3))
        assert draw_arm(protocol, Role.SEEKER, first_with_most) == "scripted"
        assert draw_arm(protocol, Role.SUPPORTER, first_with_most) == "people"


class TestLinks:
    @pytest.mark.parametrize(
        ("panel", "role", "arm"),
        [
            ("direct", "", ""),
            ("prolific", "supporter", ""),
            ("generic", "seeker", "people"),
            ("direct", "seeker", "scripted"),
            ("direct", "", "people"),
        ],
    )
    def test_link_that_leads_to_a_seat_has_no_fault(self, panel: str, role: str, arm: str) -> None:
        assert link_faults(PROTOCOL, panel=panel, role=role, arm=arm) == {}

    @pytest.mark.parametrize(
        ("panel", "role", "arm", "fields"),
        [
            ("nowhere", "", "", {"panel"}),
            ("direct", "", "placebo", {"arm"}),
            ("nowhere", "", "placebo", {"panel", "arm"}),
            ("direct", "supporter", "scripted", {"role"}),
            ("direct", "", "scripted", {"role"}),
        ],
    )
    def test_link_that_leads_nowhere_has_a_fault_at_each_field(
        self, panel: str, role: str, arm: str, fields: set[str]
    ) -> None:
        assert link_faults(PROTOCOL, panel=panel, role=role, arm=arm).keys() == fields

    def test_supporters_link_leads_nowhere_where_every_supporter_is_an_agent(self) -> None:
        protocol = with_arms(agent(1))
        assert link_faults(protocol, panel="direct", role="supporter", arm="").keys() == {"role"}
        assert link_faults(protocol, panel="direct", role="seeker", arm="") == {}
