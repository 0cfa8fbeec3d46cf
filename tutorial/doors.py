"""What the training's pages have in common."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from esc.participants.doors import address, participant_page
from esc.participants.journey import Page
from esc.participants.models import Sitting
from tutorial.services import attempts_left, end_training, opens_at

MAX_DIGITS = 18  # what a database's 64-bit key holds for certain

P = ParamSpec("P")
TrainingView = Callable[Concatenate[HttpRequest, Sitting, P], HttpResponse]


def training_page(view: TrainingView[P]) -> Callable[..., HttpResponse]:
    """A page for people in training. Whoever used up the attempts in an earlier sitting goes on to the end."""

    @participant_page(Page.TRAINING)
    @wraps(view)
    def door(request: HttpRequest, sitting: Sitting, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not attempts_left(sitting):
            return redirect(address(sitting, end_training(sitting, passed=False)))
        return view(request, sitting, *args, **kwargs)

    return door


def wait_of(sitting: Sitting) -> dict[str, int]:
    """How long the next attempt is still closed, in seconds and in begun minutes; 0 where it is open."""
    now = timezone.now()
    opens = opens_at(sitting, now)
    seconds = math.ceil((opens - now).total_seconds()) if opens else 0
    return {"wait_s": seconds, "wait_minutes": math.ceil(seconds / 60)}


def whole_number(request: HttpRequest, field: str) -> int:
    """The number in that field of the form; -1, which nothing has, for anything else."""
    posted = request.POST.get(field, "")
    return int(posted) if posted.isascii() and posted.isdigit() and len(posted) <= MAX_DIGITS else -1
