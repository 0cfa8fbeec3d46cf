"""The supporter's gate as pages: the strategies, the examination, and how it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from esc.errors import Refusal
from esc.participants.doors import address, page_context, participant_page
from esc.participants.journey import Page
from esc.participants.models import Sitting
from esc.participants.services import finish_training
from esc.participants.way import step_of
from tutorial import quiz, services
from tutorial.bank import bank_for
from tutorial.models import ExamAttempt

FIELD = "answer-"  # a form field's name is this and the question's id
MAX_ID_DIGITS = 18  # what a database's 64-bit key holds for certain

TrainingView = Callable[[HttpRequest, Sitting], HttpResponse]


@dataclass(frozen=True)
class ShownQuestion:
    """All that a page is given about a question. The right answer is not among it, so no template can show it."""

    id: str
    context: str
    reply: str
    chosen: str
    missing: bool

    @property
    def field(self) -> str:
        return f"{FIELD}{self.id}"


def _training_page(view: TrainingView) -> Callable[..., HttpResponse]:
    """A page for people in training. Whoever used up the attempts in an earlier sitting goes on to the end."""

    @participant_page(Page.TRAINING)
    @wraps(view)
    def door(request: HttpRequest, sitting: Sitting) -> HttpResponse:
        if not services.attempts_left(sitting):
            return redirect(address(sitting, finish_training(sitting_id=sitting.pk, passed=False)))
        return view(request, sitting)

    return door


@require_GET
@_training_page
def strategies(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """What there is to learn, on one page, and the way to the examination."""
    bank_for(sitting.protocol)  # refuses here already, so that nobody learns in vain
    attempts = sitting.participant.exam_attempts
    context = page_context(
        sitting,
        attempts_left=services.attempts_left(sitting),
        under_way=attempts.under_way().exists(),
        tried=attempts.handed_in().exists(),
    )
    return render(request, "tutorial/strategies.html", context)


@require_http_methods(["GET", "POST"])
@_training_page
def examination(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """The questions of the attempt under way; a refusal shows them again with everything that was chosen."""
    refusal, chosen = None, _chosen(request.POST)
    if request.method == "POST":
        try:
            services.submit_attempt(sitting_id=sitting.pk, attempt_id=_attempt_id(request), answers=chosen)
            return redirect("tutorial:result", slug=sitting.study.slug)
        except Refusal as caught:
            if caught.code == "handed_in":
                return _show_result(request, sitting, refusal=caught)
            refusal = caught
    attempt = services.start_or_resume_attempt(sitting_id=sitting.pk)
    questions = _shown(sitting, attempt, chosen, tried=refusal is not None)
    context = page_context(sitting, attempt=attempt, questions=questions, refusal=refusal)
    return render(request, "tutorial/examination.html", context, status=refusal.status if refusal else 200)


@require_GET
@participant_page(Page.TRAINING, Page.LOBBY, Page.FINISH)
def result(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """How the newest attempt went, right after it; a pass and the last failed attempt have moved the person on."""
    return _show_result(request, sitting)


def _show_result(request: HttpRequest, sitting: Sitting, refusal: Refusal | None = None) -> HttpResponse:
    attempt = sitting.participant.exam_attempts.handed_in().last()
    if attempt is None:
        return redirect(address(sitting))
    context = page_context(
        sitting,
        attempt=attempt,
        attempts_left=services.attempts_left(sitting),
        gate=step_of(Page.TRAINING),  # this page belongs to it, although the journey may have moved on
        refusal=refusal,
    )
    return render(request, "tutorial/result.html", context, status=refusal.status if refusal else 200)


def _attempt_id(request: HttpRequest) -> int:
    """The id in the form; 0, which nobody's attempt has, for anything that is no id."""
    posted = request.POST.get("attempt", "")
    return int(posted) if posted.isascii() and posted.isdigit() and len(posted) <= MAX_ID_DIGITS else 0


def _chosen(posted: Mapping[str, str]) -> dict[str, str]:
    """The strategy chosen for each question, by the question's id."""
    return {name.removeprefix(FIELD): posted[name] for name in posted if name.startswith(FIELD)}


def _shown(sitting: Sitting, attempt: ExamAttempt, chosen: Mapping[str, str], *, tried: bool) -> list[ShownQuestion]:
    """The questions of this attempt in their order; after a refused try, those without an answer are marked."""
    questions = {question.id: question for question in bank_for(sitting.protocol).questions}
    missing = quiz.unanswered(attempt.questions, chosen) if tried else []
    return [
        ShownQuestion(
            id=asked,
            context=questions[asked].context,
            reply=questions[asked].reply,
            chosen=chosen.get(asked, ""),
            missing=asked in missing,
        )
        for asked in attempt.questions
    ]
