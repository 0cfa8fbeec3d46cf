"""Which roles a study has seats for, and which arm a person is put in: pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from esc.ontology import Role
from esc.studies.schema import Arm, Protocol

Draw = Callable[[Sequence[Arm], Sequence[float]], Arm]  # one of the arms, each as likely as its weight


def arms_for(protocol: Protocol, role: Role) -> list[Arm]:
    """The arms a person of that role can be in: supporters only where the supporter is a person."""
    return [arm for arm in protocol.arms if role is Role.SEEKER or arm.supporter == "person"]


def roles_of(protocol: Protocol) -> list[Role]:
    """The roles that people can take in this study."""
    return [role for role in Role if any(arm.weight for arm in arms_for(protocol, role))]


def draw_arm(protocol: Protocol, role: Role, draw: Draw) -> str:
    """The name of an arm for a person of that role, drawn by weight."""
    arms = arms_for(protocol, role)
    return draw(arms, [arm.weight for arm in arms]).name
