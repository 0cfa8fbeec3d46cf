from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from esc.studies.models import Study
from tests.people import Person
from tests.tutorial.exam import trainee


@pytest.fixture
def tess(study: Study) -> Person:
    """A supporter who has done all the lessons."""
    return trainee(study)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Moves the clock on by that many seconds, from where it stands."""
    real, moved = timezone.now, timedelta(0)

    def now() -> datetime:
        return real() + moved

    def move(seconds: int) -> None:
        nonlocal moved
        moved += timedelta(seconds=seconds)

    monkeypatch.setattr(timezone, "now", now)
    return move
