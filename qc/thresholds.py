"""Reads thresholds that somebody tries out on a command line: `improvement=1,supporter_length=8`."""

from __future__ import annotations

import math

from pydantic import ValidationError

from esc.errors import FileRefusal
from esc.studies.schema import ApprovalRules

NAMES = (
    "utterances",
    "improvement",
    "supporter_length",
    "empathy",
    "relevance",
    "seeker_length",
    "detail",
    "last_feedback",
)


def parse_rules(text: str, default: ApprovalRules) -> ApprovalRules:
    """The default rules with these thresholds instead. Raises FileRefusal naming the rule and what is accepted."""
    changed: dict[str, str] = {}
    for part in text.split(",") if text.strip() else []:
        name, separator, value = (piece.strip() for piece in part.partition("="))
        if not separator or not value:
            raise FileRefusal("--rules", f"expected rule=threshold, separated by commas; found {part.strip()!r}")
        if name not in NAMES:
            raise FileRefusal("--rules", f"unknown rule {name!r}; accepted: {', '.join(NAMES)}")
        if name in changed:
            raise FileRefusal("--rules", f"{name} is given twice")
        changed[name] = _number(name, value)
    try:
        return ApprovalRules.model_validate({**default.model_dump(), **changed})
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False)[0]
        name = str(fault["loc"][0])
        raise FileRefusal("--rules", f"{name}={changed[name]}: {fault['msg']}") from error


def _number(name: str, value: str) -> str:
    """The text itself, where it is a finite number; the schema knows which numbers each threshold takes."""
    try:
        finite = math.isfinite(float(value))
    except ValueError:
        finite = False
    if not finite:
        raise FileRefusal("--rules", f"{name}={value}: expected a number")
    return value
