"""Whether an entry link leads anywhere: pure."""

from __future__ import annotations

from esc.ontology import Role
from esc.studies.arms import roles_of
from esc.studies.schema import Protocol


def link_faults(protocol: Protocol, *, panel: str, role: str, arm: str) -> dict[str, str]:
    """What is wrong with such a link under this protocol: field → what was expected. Empty where it leads to a seat."""
    faults = {}
    panels = [known.name for known in protocol.panels]
    if panel not in panels:
        faults["panel"] = f"expected one of the protocol's panels ({', '.join(panels)}), found {panel!r}"
    if not arm:
        if role and role not in roles_of(protocol):
            faults["role"] = f"expected a role that an arm with a weight has a place for, found {role!r}"
        return faults
    arms = {known.name: known for known in protocol.arms}
    if arm not in arms:
        faults["arm"] = f"expected one of the protocol's arms ({', '.join(arms)}) or nothing, found {arm!r}"
    elif arms[arm].supporter != "person" and role != Role.SEEKER:
        faults["role"] = f"expected seeker: in the arm {arm!r} the supporter is the agent {arms[arm].supporter!r}"
    return faults
