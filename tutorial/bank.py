"""The examination's questions: read from their file, checked, and held against what a study teaches."""

from __future__ import annotations

import logging
import tomllib
from functools import lru_cache
from http import HTTPStatus
from importlib.resources import files
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from esc.errors import FileRefusal, Refusal
from esc.ontology import Role
from esc.studies.arms import arms_for
from esc.studies.loading import in_words
from esc.studies.schema import Protocol

logger = logging.getLogger(__name__)

FILE = "content/esconv_examination.toml"
REMEDY = f"Change the strategies or the pass mark in the study's protocol file, or the questions in tutorial/{FILE}."
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Question(Part):
    """Somebody seeking support says `context`, a supporter says `reply`: which `strategy` is it? `id` tells nothing."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
    context: Text
    reply: Text
    strategy: Text


class Bank(Part):
    """All questions there are, and the version of their file."""

    version: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    questions: Annotated[list[Question], Field(min_length=1)]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        if len(self.key) < len(self.questions):
            ids = [question.id for question in self.questions]
            doubled = sorted({question for question in ids if ids.count(question) > 1})
            raise ValueError(f"questions: expected each id once, found twice: {', '.join(doubled)}")
        return self

    @property
    def key(self) -> dict[str, str]:
        """The right answer of every question, by id. It never leaves the server."""
        return {question.id: question.strategy for question in self.questions}


def parse_bank(text: str) -> Bank:
    """The bank of that text. Raises FileRefusal naming every key at fault and what was expected there."""
    try:
        return Bank.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise FileRefusal(FILE, f"this is not a TOML file: {error}") from error
    except ValidationError as error:
        raise FileRefusal(FILE, "\n".join(in_words(error))) from error


@lru_cache(maxsize=1)
def the_bank() -> Bank:
    """The bank that comes with the platform. Raises FileRefusal where its file is wrong."""
    return parse_bank((files("tutorial") / FILE).read_text(encoding="utf-8"))


def misfits(bank: Bank, protocol: Protocol) -> list[str]:
    """Why a study cannot examine its supporters with this bank, one sentence a reason; empty where it can."""
    asked, taught = set(bank.key.values()), set(protocol.strategy_names)
    reasons = []
    if unknown := sorted(asked - taught):
        reasons.append(f"it asks for strategies that the study does not have: {', '.join(unknown)}")
    if missing := sorted(taught - asked):
        reasons.append(f"it has no question for these strategies of the study: {', '.join(missing)}")
    if protocol.training.pass_mark > len(asked):
        reasons.append(f"its pass mark is {protocol.training.pass_mark}, but it has {len(asked)} questions")
    return reasons


def check_protocol(protocol: Protocol) -> None:
    """Asked before a study opens. Raises FileRefusal where people would sit an examination that does not fit it."""
    reasons = misfits(the_bank(), protocol)
    if reasons and arms_for(protocol, Role.SUPPORTER):
        raise FileRefusal(
            "strategies, training", f"the supporters' examination does not fit: {'; '.join(reasons)}. {REMEDY}"
        )


def bank_for(protocol: Protocol) -> Bank:
    """The bank for this study's examination.

    Refuses (`examination_does_not_fit`) a study that it does not fit any more, because its file changed after the study
    had opened. The person who meets that is not at fault and is told so; the log tells the researcher what to mend.
    """
    bank = the_bank()
    if reasons := "; ".join(misfits(bank, protocol)):
        logger.error("The examination does not fit the study %r: %s. %s", protocol.study.title, reasons, REMEDY)
        raise Refusal(
            "examination_does_not_fit",
            "The examination of this study is not set up correctly, so you cannot go on at the moment. "
            f"This is not your fault, and your place is kept. Please tell the researchers: {reasons}.",
            status=HTTPStatus.INTERNAL_SERVER_ERROR,
        )
    return bank
