"""The lessons and the practice chat as pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from esc.errors import Refusal
from esc.participants.doors import page_context
from esc.participants.models import Sitting
from tutorial import practice as practising
from tutorial import services
from tutorial.doors import training_page, wait_of, whole_number
from tutorial.fitting import content_for
from tutorial.lessons import answer_lesson, answer_to, find_lesson, options_for, progress_of


@require_GET
@training_page
def strategies(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """The whole training at a glance: what is done, what comes next, and how long it takes."""
    content = content_for(sitting.protocol)
    context = page_context(
        sitting,
        progress=progress_of(sitting, content),
        practised=practising.practised(sitting),
        practice_open=practising.open_practice(sitting),
        attempts_left=services.attempts_left(sitting),
        under_way=services.under_way(sitting),
        **wait_of(sitting),
        tried=sitting.participant.exam_attempts.handed_in().exists(),
    )
    return render(request, "tutorial/strategies.html", context)


@require_http_methods(["GET", "POST"])
@training_page
def lesson(request: HttpRequest, sitting: Sitting, lesson: str) -> HttpResponse:
    """One lesson. Its question is explained as soon as it is answered; a refusal shows it again."""
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            answer_lesson(sitting_id=sitting.pk, slug=lesson, option=whole_number(request, "option"))
            return redirect(f"{request.path}#question")
        except Refusal as caught:
            if caught.code != "no_such_option":
                raise
            refusal = caught
    content = content_for(sitting.protocol)
    found = find_lesson(content, lesson)
    progress = progress_of(sitting, content)
    place = progress.place(lesson)
    answered = answer_to(sitting, lesson)
    context = page_context(
        sitting,
        lesson=found,
        options=options_for(sitting, lesson, found),
        answered=answered,
        progress=progress,
        place=place,
        after=progress.after(place) if place else None,
        definition=_definition(sitting, found.topic),
        refusal=refusal,
    )
    return render(request, "tutorial/lesson.html", context, status=refusal.status if refusal else 200)


def _definition(sitting: Sitting, topic: str) -> str:
    """The one sentence that the study's protocol has for a strategy or stage: the same that stands in the chat."""
    protocol = sitting.protocol
    definitions = {strategy.name: strategy.definition for strategy in protocol.strategies}
    definitions |= {stage.name.value: stage.definition for stage in protocol.stages}
    return definitions.get(topic, "")


@require_http_methods(["GET", "POST"])
@training_page
def practice(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """What the practice chat is, and what was remarked in the last one; posting begins one or goes back into it."""
    if request.method == "POST":
        conversation = practising.start_practice(sitting_id=sitting.pk)
        return redirect("chat:conversation", slug=sitting.study.slug, conversation_id=conversation.pk)
    content = content_for(sitting.protocol)
    last = practising.practised(sitting)
    context = page_context(
        sitting,
        last=last,
        remarks=[content.practice.remarks[key] for key in last.remarks if key in content.practice.remarks]
        if last
        else [],
        practice_open=practising.open_practice(sitting),
        progress=progress_of(sitting, content),
    )
    return render(request, "tutorial/practice.html", context)
