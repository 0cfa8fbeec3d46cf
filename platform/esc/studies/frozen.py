"""Frozen protocol versions, read once a process: they never change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from esc.studies.models import ProtocolVersion
from esc.studies.schema import Protocol


@dataclass(frozen=True, slots=True)
class Frozen:
    """A version's protocol, with what every message is checked against at hand."""

    protocol: Protocol
    strategies: frozenset[str]


@lru_cache(maxsize=256)
def frozen(version_id: int) -> Frozen:
    """The protocol of that version. Raises ProtocolVersion.DoesNotExist."""
    protocol = ProtocolVersion.objects.get(pk=version_id).protocol
    return Frozen(protocol, frozenset(protocol.strategy_names))
