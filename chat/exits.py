"""The doors out of a chat: leaving now, and reporting one's partner. Both work without JavaScript."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat.leaving import leave_now
from chat.queries import conversation_of
from chat.reporting import LONGEST, report_partner
from esc.errors import Refusal
from esc.participants.doors import address, page_context, participant_page
from esc.participants.journey import Page
from esc.participants.models import Sitting
from esc.safety.models import Alert


@require_POST
@participant_page()
def leave(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """Out at once, without a question back: to where help is, and to the completion code."""
    conversation_id = None
    with suppress(ValueError):
        conversation_id = UUID(request.POST.get("conversation", ""))
    page = leave_now(sitting=sitting, conversation_id=conversation_id)
    if page is Page.FINISH:
        return redirect("chat:left_now", slug=sitting.study.slug)
    return redirect(address(sitting, page))


@require_GET
@participant_page(Page.FINISH)
def left_now(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """Where help is, and the way to the completion code."""
    resources = sitting.protocol.crisis.resources(sitting.participant.country)
    return render(request, "chat/left_now.html", page_context(sitting, resources=resources))


@require_http_methods(["GET", "POST"])
@participant_page()
def report(request: HttpRequest, sitting: Sitting, conversation_id: UUID) -> HttpResponse:
    """Say what is wrong; the chat ends, and researchers are told."""
    refusal = None
    if request.method == "POST":
        try:
            report_partner(
                conversation_id=conversation_id,
                participant_id=sitting.participant_id,
                reason=request.POST.get("reason", ""),
                words=request.POST.get("words", "").replace("\r\n", "\n"),
            )
            return redirect("chat:reported", slug=sitting.study.slug, conversation_id=conversation_id)
        except Refusal as caught:
            if caught.code == "not_yours":
                raise
            refusal = caught
    conversation = _own(sitting, conversation_id)
    context = page_context(
        sitting,
        conversation=conversation,
        refusal=refusal,
        reasons=Alert.Reason.choices,
        longest=LONGEST,
        chosen=request.POST.get("reason", ""),
        words=request.POST.get("words", ""),
    )
    return render(request, "chat/report.html", context, status=refusal.status if refusal else HTTPStatus.OK)


@require_GET
@participant_page()
def reported(request: HttpRequest, sitting: Sitting, conversation_id: UUID) -> HttpResponse:
    """That it has arrived, and the way on."""
    _own(sitting, conversation_id)
    return render(request, "chat/reported.html", page_context(sitting))


def _own(sitting: Sitting, conversation_id: UUID) -> object:
    conversation = conversation_of(conversation_id)
    if conversation is None or conversation.role_of(sitting.participant_id) is None:
        raise Refusal("not_yours", "This conversation belongs to two other people.", status=HTTPStatus.FORBIDDEN)
    return conversation
