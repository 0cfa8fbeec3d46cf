"""What an endpoint is asked, and what counts as an answer. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from esc.ontology import Labels, Role, Strategy
from modelserve.engines.base import Heard
from modelserve.engines.text import tidy

Message = dict[str, str]

# The strategies in a line each, after the paper's Appendix B.
DEFINITIONS: Mapping[Strategy, str] = {
    Strategy.QUESTION: "ask about the problem, openly rather than for a yes or no",
    Strategy.RESTATEMENT: "say back briefly what you understood them to say",
    Strategy.REFLECTION: "put the feelings that you hear into words",
    Strategy.SELF_DISCLOSURE: "share something similar; you are a program, so share only what others have told",
    Strategy.AFFIRMATION: "point to their strengths, reassure and encourage",
    Strategy.SUGGESTIONS: "offer an idea of what could change, without telling them what to do",
    Strategy.INFORMATION: "give useful facts or resources, or answer a question",
    Strategy.OTHERS: "greetings, thanks, and support that is none of the above",
}
TASK = (
    "You are the supporter in a conversation by text with a person who seeks emotional support. You are a computer "
    "program and never claim to be a human being, a therapist or a doctor. Be warm and plain; write one short message "
    "of at most three sentences; never judge, diagnose or command. First understand, then comfort, then help to act."
)
WRITTEN = re.compile(r"\s*\[([^\]\n]{1,60})\]\s*:?\s*(.*)", re.DOTALL)
FENCE = re.compile(r"\A\s*```(?:json)?\s*(.*?)\s*```\s*\Z", re.DOTALL)
STRATEGIES = Labels("strategy", Strategy)


def messages_for(utterances: Sequence[Heard], variant: str, given: str) -> list[Message]:
    """The conversation as chat messages: the task, the seeker as user, the supporter's own with its strategies.

    `given` is the strategy that random and oracle prescribe. A vanilla supporter is told nothing of strategies.
    """
    listed = "\n".join(f"- {name.value}: {meaning}" for name, meaning in DEFINITIONS.items())
    asked = {
        "vanilla": "",
        "joint": f"\n\nFirst choose the strategy that helps most now, then write by it. Strategies:\n{listed}\n\n"
        'Answer with JSON alone: {"strategy": "…", "text": "…"}, or as [Strategy] text.',
    }.get(variant, "")
    if given:
        asked = f"\n\nWrite by this strategy: {given} ({DEFINITIONS[Strategy(given)]}). Answer as [{given}] text."
    said = [
        {"role": "assistant", "content": f"[{heard.strategy}] {heard.text}" if variant != "vanilla" else heard.text}
        if heard.role is Role.SUPPORTER
        else {"role": "user", "content": heard.text}
        for heard in utterances
    ]
    return [{"role": "system", "content": TASK + asked}, *said]


def answer_format() -> dict[str, object]:
    """The structured output that a joint supporter is asked for: one of the strategies, and a text."""
    properties = {
        "strategy": {"type": "string", "enum": [strategy.value for strategy in Strategy]},
        "text": {"type": "string"},
    }
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}}


def answer_in(content: str, variant: str, given: str) -> tuple[str, str]:
    """(strategy, text) of an answer: JSON as it was asked for, or `[Strategy] text` where a server knows no formats.

    Raises ValueError in words where it is neither, names a strategy that there is not, or says nothing.
    """
    strategy, text = _json(content) or _written(content) or ("", content)
    if variant == "vanilla":
        strategy = Strategy.OTHERS.value
    elif given:
        strategy = given
    elif not strategy:
        raise ValueError(f"the answer names no strategy: {content[:80]!r}")
    if not (said := tidy(text)):
        raise ValueError("the answer has no text")
    return STRATEGIES.canonical(strategy), said


def _json(content: str) -> tuple[str, str] | None:
    """The two fields of a JSON answer, in a fence or not; None where it is no JSON object."""
    fenced = FENCE.match(content)
    try:
        found = json.loads(fenced[1] if fenced else content)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    strategy, text = found.get("strategy"), found.get("text")
    if not (isinstance(strategy, str) and isinstance(text, str)):
        raise ValueError("the answer is JSON without a strategy and a text")
    return strategy, text


def _written(content: str) -> tuple[str, str] | None:
    written = WRITTEN.match(content)
    return (written[1], written[2]) if written else None
