"""What upper floors have to say before a study opens, without this floor importing them."""

from __future__ import annotations

from collections.abc import Callable

from esc.studies.schema import Protocol

Check = Callable[[Protocol], None]  # raises FileRefusal where the study cannot run under this protocol

_checks: list[Check] = []


def check_before_opening(check: Check) -> Check:
    """From now on no study opens without this check; an app registers its own when it is ready."""
    if check not in _checks:
        _checks.append(check)
    return check


def check_opening(protocol: Protocol) -> None:
    """Raises the FileRefusal of the first check that this protocol does not pass."""
    for check in _checks:
        check(protocol)
