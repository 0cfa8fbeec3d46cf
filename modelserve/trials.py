"""Trials: a researcher writes a short conversation, and the agent's worker answers it like any other."""

from __future__ import annotations

import logging
import re
from datetime import datetime

from django.utils import timezone

from esc.errors import Refusal
from esc.ontology import Role
from esc.studies.loading import default_protocol_text, parse_protocol
from modelserve.drawing import Task, draw
from modelserve.engines.base import Context, Engine, Failure, Heard
from modelserve.filtering import Limits
from modelserve.models import Agent, Trial

log = logging.getLogger(__name__)

LINE = re.compile(r"(?P<role>seeker|supporter)\s*(?:\[(?P<strategy>[^\]]*)\])?\s*:\s*(?P<text>.*)", re.IGNORECASE)


def ask(*, agent: Agent, conversation: str, user_id: int) -> Trial:
    """A trial that waits for a worker. Refuses (`too_many`) where too many wait already."""
    now = timezone.now()
    if Trial.objects.waiting(now).filter(agent=agent).count() >= Trial.MOST_WAITING:
        raise Refusal("too_many", "Many trials of this agent wait already. Try again when they are answered.")
    return Trial.objects.create(agent=agent, conversation=conversation, asked_at=now, asked_by_id=user_id)


def answer_trials(agent: Agent, engine: Engine, *, now: datetime) -> bool:
    """Every trial of this agent that somebody still waits for is answered; says whether there was one."""
    waiting = list(Trial.objects.waiting(now).filter(agent=agent))
    for trial in waiting:
        _answer(trial, engine)
    return bool(waiting)


def _answer(trial: Trial, engine: Engine) -> None:
    """The reply as a study under the default protocol would get it, or what went wrong instead."""
    protocol = parse_protocol(default_protocol_text())
    limits = Limits(protocol.danger, [*protocol.strategy_names, *engine.speaks])
    task = Task(Context(heard_in(trial.conversation), seed=trial.pk), limits, protocol.safe_replies)
    try:
        (drawn,) = draw(engine, [task])
    except Exception as error:  # the researcher reads it on the trial's page
        log.exception("%s failed.", trial)
        trial.error = f"{type(error).__name__}: {error}"
    else:
        if isinstance(drawn, Failure):
            trial.error, trial.seconds = drawn.reason, drawn.seconds
        else:
            trial.strategy, trial.reply, trial.seconds = drawn.reply.strategy, drawn.reply.text, drawn.reply.seconds
            trial.tokens, trial.refused = drawn.reply.tokens, list(drawn.refused)
    trial.answered_at = timezone.now()
    trial.save()


def heard_in(conversation: str) -> tuple[Heard, ...]:
    """The utterances of a conversation that is written one a line. A line that names nobody is the seeker's."""
    return tuple(_heard(line.strip()) for line in conversation.splitlines() if line.strip())


def _heard(line: str) -> Heard:
    found = LINE.fullmatch(line)
    if found is None:
        return Heard(Role.SEEKER, line)
    role = Role(found["role"].lower())
    return Heard(role, found["text"], (found["strategy"] or "").strip() if role is Role.SUPPORTER else "")
