"""The doors of the surveys: before, after, the change confirmed in words, and the draft that is kept meanwhile."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST
from pydantic import BaseModel, ConfigDict

from esc.errors import Refusal
from esc.ontology import Role
from esc.participants.doors import address, page_context, participant_page
from esc.participants.journey import Page, next_page
from esc.participants.models import Sitting
from esc.studies.schema import SurveyName
from surveys import services
from surveys.answers import SCORES, check_answers
from surveys.queries import kept_draft
from surveys.questionnaire import STEPS, SURVEY_NAMES, questionnaire_at
from surveys.questions import echoes_of, questions_of

SEAT = "for-seat"  # the form's field that says which seat it was shown for; no item can have this key


@require_http_methods(["GET", "POST"])
@participant_page()
def before(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """What the seeker would like to talk about."""
    return _survey(request, sitting, "seeker_before")


@require_http_methods(["GET", "POST"])
@participant_page()
def after(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """How it was, for the person's own role."""
    return _survey(request, sitting, "seeker_after" if sitting.role == Role.SEEKER else "supporter_after")


def _survey(request: HttpRequest, sitting: Sitting, survey: SurveyName) -> HttpResponse:
    """The form, what is wrong with it, or the way on. A form sent twice or too late is told so, not just moved on."""
    if request.method == "POST":
        try:
            page = services.submit_survey(
                sitting_id=sitting.pk, survey=survey, answers=_typed(request), seat_id=_seat(request)
            )
        except services.Incomplete as refusal:
            return _form(request, sitting, survey, refusal)
        except Refusal as refusal:
            return _refused(request, sitting, refusal)
        return _on(sitting, page)
    if next_page(sitting.facts) is not STEPS[survey][1]:
        return redirect(address(sitting))
    return _form(request, sitting, survey)


def _form(
    request: HttpRequest, sitting: Sitting, survey: SurveyName, refusal: services.Incomplete | None = None
) -> HttpResponse:
    seat = sitting.current_seat
    assert seat is not None, "whoever has a role has a seat"
    questionnaire = questionnaire_at(seat, survey, sitting.protocol)
    typed = _typed(request) if refusal else kept_draft(seat, survey)
    questions = questions_of(questionnaire, typed, refusal.faults if refusal else None)
    context = page_context(
        sitting,
        survey=survey,
        seat=seat,
        seat_field=SEAT,
        questions=questions,
        asks_again=questionnaire.asks_again,
        emotion=questionnaire.emotion({}),
        refusal=refusal,
    )
    return render(request, f"surveys/{survey}.html", context, status=refusal.status if refusal else HTTPStatus.OK)


@require_http_methods(["GET", "POST"])
@participant_page()
def confirm(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """The change in words, before a seeker's answers count. "No" is a link back to the form, which kept everything."""
    if request.method == "POST":
        try:
            score = SCORES.get(request.POST.get("score", ""), 0)
            page = services.confirm_change(sitting_id=sitting.pk, score=score, seat_id=_seat(request))
        except services.Incomplete:
            return redirect("surveys:after", slug=sitting.study.slug)
        except Refusal as refusal:
            return _refused(request, sitting, refusal)
        return _on(sitting, page)
    if next_page(sitting.facts) is not Page.SURVEY_AFTER:
        return redirect(address(sitting))
    return _change(request, sitting)


def _change(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """The page of the change; the form where there is none to confirm."""
    seat = sitting.current_seat
    if seat is None or sitting.role != Role.SEEKER:
        return redirect("surveys:after", slug=sitting.study.slug)
    questionnaire = questionnaire_at(seat, "seeker_after", sitting.protocol)
    checked = check_answers(sitting.protocol, questionnaire.items, kept_draft(seat, "seeker_after"))
    change = questionnaire.change(checked.answers)
    if checked.faults or change is None:
        return redirect("surveys:after", slug=sitting.study.slug)
    context = page_context(
        sitting,
        seat=seat,
        seat_field=SEAT,
        change=change,
        emotion=questionnaire.emotion({}),
        echoes=echoes_of(questionnaire, checked.answers),
    )
    return render(request, "surveys/confirm.html", context)


class Draft(BaseModel):
    """What the page sends while it is filled in. Values are checked one by one, by the service."""

    model_config = ConfigDict(extra="forbid", strict=True)

    seat: int
    answers: dict[str, Any]


@require_POST
@participant_page()
def draft(request: HttpRequest, sitting: Sitting, survey: str) -> HttpResponse:
    """Keeps what is filled in so far: JSON in, JSON out."""
    if survey not in SURVEY_NAMES:
        raise Http404
    try:
        sent = Draft.model_validate(json.loads(request.body))
    except (ValueError, RecursionError) as error:
        raise Refusal(
            "bad_draft", "What this page sent could not be read. Please reload it.", status=HTTPStatus.BAD_REQUEST
        ) from error
    danger = services.save_draft(
        sitting_id=sitting.pk, survey=SURVEY_NAMES[survey], answers=sent.answers, seat_id=sent.seat
    )
    return JsonResponse({"saved": True, "danger": danger})


def _on(sitting: Sitting, page: Page) -> HttpResponse:
    """To the page that a service named; a survey that still stands there waits to be confirmed."""
    if page is Page.SURVEY_AFTER:
        return redirect("surveys:confirm", slug=sitting.study.slug)
    return redirect(address(sitting, page))


def _refused(request: HttpRequest, sitting: Sitting, refusal: Refusal) -> HttpResponse:
    return render(request, "surveys/refused.html", page_context(sitting, refusal=refusal), status=refusal.status)


def _typed(request: HttpRequest) -> dict[str, str]:
    """The form's fields. Forms travel with CR LF line ends, whatever was typed; what was typed has LF."""
    return {name: value.replace("\r\n", "\n") for name, value in request.POST.items() if isinstance(value, str)}


def _seat(request: HttpRequest) -> int | None:
    """The seat that the form was shown for; 0, which no seat is, for a field that somebody tampered with."""
    sent = request.POST.get(SEAT, "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 19 else 0
