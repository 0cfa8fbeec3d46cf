"""Whether a study can teach with the content that it names: asked before it opens, and at every page of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from http import HTTPStatus

from esc.errors import FileRefusal, Refusal
from esc.ontology import Role
from esc.studies.arms import arms_for
from esc.studies.schema import Protocol
from tutorial.loading import Content, load_content
from tutorial.shape import Item, Line

logger = logging.getLogger(__name__)

REMEDY = "Change the study's protocol file, or the files in tutorial/content; `manage.py check_training` tests both."


def misfits(content: Content, protocol: Protocol) -> list[str]:
    """Why a study cannot train its supporters with this content, one sentence a reason; empty where it can."""
    reasons = [*_topics(content, protocol), *_numbers(content, protocol)]
    if not reasons:
        for item in content.bank.values():
            reasons += [f"{_place(content, item)}: {reason}" for reason in _stage_reasons(item, protocol)]
    return reasons


def _topics(content: Content, protocol: Protocol) -> Iterator[str]:
    """Every stage and strategy has a lesson and a question, and nothing else is asked for."""
    names = {"strategy": set(protocol.strategy_names), "stage": {stage.name.value for stage in protocol.stages}}
    for kind, here in names.items():
        lessons = content.topics(kind)
        if missing := sorted(here - lessons.keys()):
            yield f"there is no lesson about the {kind} {', '.join(missing)}"
        if foreign := sorted(lessons.keys() - here):
            yield f"there is a lesson about a {kind} that the study does not have: {', '.join(foreign)}"
        asked = {content.lesson_of[item] for item in content.bank}
        if silent := sorted(topic for topic, slug in lessons.items() if slug not in asked):
            yield f"the bank has no question about the {kind} {', '.join(silent)}"
    for item in content.bank.values():
        used = {item.answer} if item.answer else set(item.stages)
        here = names["strategy" if item.kind == "strategy" else "stage"]
        if unknown := sorted(used - here):
            yield f"{_place(content, item)} asks for something that the study does not have: {', '.join(unknown)}"


def _place(content: Content, item: Item) -> str:
    return f"question {item.id} of the lesson {content.lesson_of[item.id]}"


def _numbers(content: Content, protocol: Protocol) -> Iterator[str]:
    questions, core = protocol.training.questions, len(protocol.strategies) + len(protocol.stages)
    if questions < core:
        yield f"the examination has {questions} questions, but {core} stages and strategies to ask about"
    if questions > len(content.bank):
        yield f"the examination has {questions} questions, but the bank only {len(content.bank)}"


def _stage_reasons(item: Item, protocol: Protocol) -> Iterator[str]:
    """No question asks for the stage of a strategy that belongs to several: there would be no one right answer."""
    if item.kind == "stage":
        yield from _stage_reason(item.talk[-1], item.answer or "", protocol)
    if item.kind == "order":
        theirs = [line for line in item.talk if line.role is Role.SUPPORTER]
        for line, stage in zip(theirs, item.stages, strict=True):
            yield from _stage_reason(line, stage, protocol)


def _stage_reason(line: Line, stage: str, protocol: Protocol) -> Iterator[str]:
    if not line.strategy:
        return
    stages = {option.name: [one.value for one in option.stages] for option in protocol.strategies}
    if stages.get(line.strategy) != [stage]:
        yield f"{line.strategy} does not belong to {stage} alone in this study, so its stage cannot be asked"


def check_protocol(protocol: Protocol) -> None:
    """Asked before a study opens. Raises FileRefusal where its supporters could not be trained."""
    if not arms_for(protocol, Role.SUPPORTER):
        return
    if reasons := misfits(load_content(protocol.training.content), protocol):
        raise FileRefusal("training", f"the supporters' training does not fit: {'; '.join(reasons)}. {REMEDY}")


def content_for(protocol: Protocol) -> Content:
    """The content that this study teaches.

    Refuses (`training_does_not_fit`) where a file changed after the study had opened and it does not fit any more.
    The person who meets that is not at fault and is told so; the log tells the researcher what to mend.
    """
    try:
        content = load_content(protocol.training.content)
        reasons = "; ".join(misfits(content, protocol))
    except FileRefusal as wrong:
        reasons = str(wrong)
    if reasons:
        logger.error("The training does not fit the study %r: %s. %s", protocol.study.title, reasons, REMEDY)
        raise Refusal(
            "training_does_not_fit",
            "The training of this study is not set up correctly, so you cannot go on at the moment. "
            "This is not your fault, and your place is kept. Please tell the researchers.",
            status=HTTPStatus.INTERNAL_SERVER_ERROR,
        )
    return content
