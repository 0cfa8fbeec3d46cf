"""The examination as pages: one question at a time, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from esc.errors import Refusal
from esc.participants.doors import address, page_context, participant_page
from esc.participants.journey import Page
from esc.participants.models import Sitting
from esc.participants.way import step_of
from tutorial import services
from tutorial.doors import training_page, wait_of, whole_number
from tutorial.fitting import content_for
from tutorial.lessons import progress_of
from tutorial.models import ExamAttempt, ExamQuestion


@dataclass(frozen=True)
class ShownQuestion:
    """All that a page is given about a question. The right answer is not among it, so no template can show it."""

    number: int
    ask: object
    talk: object
    options: list[str]
    counts: bool  # its last message is the one that is asked about

    @classmethod
    def of(cls, question: ExamQuestion) -> ShownQuestion:
        shown = question.shown
        return cls(question.number, shown["ask"], shown["talk"], question.options, question.kind != "reply")


@require_http_methods(["GET", "POST"])
@training_page
def examination(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """The question to answer now, or what is ahead; a refusal shows where the person really is."""
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            return _act(request, sitting)
        except Refusal as caught:
            if caught.code in ("handed_in", "too_late"):
                return _show_result(request, sitting, refusal=caught)
            refusal = caught
    was_under_way = services.under_way(sitting) is not None
    question = services.show_question(sitting_id=sitting.pk)
    if question is not None:
        return _show_question(request, sitting, question, refusal)
    if was_under_way:  # its time ran out
        return redirect("tutorial:result", slug=sitting.study.slug)
    return _show_start(request, sitting, refusal)


def _act(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """Begin an attempt, or answer its question; the next page either way."""
    if "begin" in request.POST:
        services.begin_attempt(sitting_id=sitting.pk)
        return redirect("tutorial:examination", slug=sitting.study.slug)
    attempt = services.answer_question(
        sitting_id=sitting.pk,
        attempt_id=whole_number(request, "attempt"),
        number=whole_number(request, "number"),
        option=whole_number(request, "option"),
    )
    if attempt.out_of_time:
        return _show_result(request, sitting, refusal=Refusal("too_late", services.OVER))
    page = "result" if attempt.submitted_at else "examination"
    return redirect(f"tutorial:{page}", slug=sitting.study.slug)


def _show_question(
    request: HttpRequest, sitting: Sitting, question: ExamQuestion, refusal: Refusal | None
) -> HttpResponse:
    attempt = question.attempt
    context = page_context(
        sitting,
        attempt=attempt,
        question=ShownQuestion.of(question),
        total=attempt.questions.count(),
        minutes_left=max(1, round((attempt.closes_at - timezone.now()).total_seconds() / 60)),
        refusal=refusal,
    )
    return render(request, "tutorial/question.html", context, status=refusal.status if refusal else 200)


def _show_start(request: HttpRequest, sitting: Sitting, refusal: Refusal | None) -> HttpResponse:
    context = page_context(
        sitting,
        progress=progress_of(sitting, content_for(sitting.protocol)),
        attempts_left=services.attempts_left(sitting),
        tried=sitting.participant.exam_attempts.handed_in().exists(),
        time_limit=sitting.protocol.training.time_limit // 60,
        cool_down=-(-sitting.protocol.training.cool_down // 60),
        **wait_of(sitting),
        refusal=refusal,
    )
    return render(request, "tutorial/examination.html", context, status=refusal.status if refusal else 200)


@require_GET
@participant_page(Page.TRAINING, Page.LOBBY, Page.FINISH)
def result(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """How the newest attempt went, right after it; a pass and the last failed attempt have moved the person on."""
    return _show_result(request, sitting)


def _show_result(request: HttpRequest, sitting: Sitting, refusal: Refusal | None = None) -> HttpResponse:
    sitting.participant.refresh_from_db()
    attempt: ExamAttempt | None = sitting.participant.exam_attempts.handed_in().last()
    if attempt is None:
        return redirect(address(sitting))
    content = content_for(sitting.protocol)
    slugs = [] if attempt.passed else services.lessons_to_reread(attempt, content)
    context = page_context(
        sitting,
        attempt=attempt,
        total=attempt.questions.count(),
        reread=[(slug, content.lessons[slug].title) for slug in slugs],
        attempts_left=services.attempts_left(sitting),
        gate=step_of(Page.TRAINING),  # this page belongs to it, although the journey may have moved on
        **wait_of(sitting),
        refusal=refusal,
    )
    status = refusal.status if refusal else HTTPStatus.OK
    return render(request, "tutorial/result.html", context, status=status)
