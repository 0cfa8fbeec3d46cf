"""The pages of the lobby and of a conversation. What is live on them comes through their sockets."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from chat.pairing import leave_lobby, wait_on
from chat.queries import conversation_at, conversation_of
from chat.reporting import LONGEST
from chat.waiting import place_of
from esc.errors import Refusal
from esc.ontology import Role
from esc.participants.doors import address, page_context, participant_page
from esc.participants.journey import Page, next_page
from esc.participants.models import Sitting
from esc.safety.models import Alert


@require_GET
@participant_page(Page.LOBBY)
def lobby(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """Wait for a partner."""
    return render(request, "chat/lobby.html", page_context(sitting, place=place_of(sitting, timezone.now())))


@require_GET
@participant_page()
def queue(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """How the waiting goes, for the page that polls: the queue in words, or where the person belongs by now."""
    page = next_page(sitting.facts)
    if page is not Page.LOBBY:
        return JsonResponse({"next": address(sitting, page), "paired": page is Page.CHAT})
    place = place_of(sitting, timezone.now())
    words = render_to_string("chat/_queue.html", page_context(sitting, place=place), request)
    return JsonResponse({"next": None, "html": words, "asked": place is not None and place.asked})


@require_POST
@participant_page(Page.LOBBY, Page.CHAT)
def wait_longer(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """Wait on after the lobby's clock has run out."""
    return redirect(address(sitting, wait_on(sitting=sitting)))


@require_POST
@participant_page(Page.LOBBY, Page.CHAT)
def leave(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """Wait no longer; whoever was paired in the same moment goes to the chat."""
    return redirect(address(sitting, leave_lobby(sitting=sitting)))


@require_GET
@participant_page(Page.CHAT)
def current(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """To the conversation that this person is in."""
    seat = sitting.current_seat
    found = conversation_at(seat) if seat else None
    if found is None:
        raise LookupError(f"{sitting} is paired without a conversation")
    return redirect("chat:conversation", slug=sitting.study.slug, conversation_id=found.pk)


@require_GET
@participant_page()
def conversation(request: HttpRequest, sitting: Sitting, conversation_id: UUID) -> HttpResponse:
    """The chat itself, for the two people in it; once it has ended, the way on. Refuses outsiders (`not_yours`)."""
    found = conversation_of(conversation_id)
    role = found.role_of(sitting.participant_id) if found else None
    if found is None or role is None:
        raise Refusal("not_yours", "This conversation belongs to two other people.", status=HTTPStatus.FORBIDDEN)
    if not found.is_open:
        return redirect(address(sitting))
    agent = found.protocol.agent(found.agent) if found.agent else None
    context = page_context(
        sitting,
        conversation=found,
        role=role,
        is_supporter=role is Role.SUPPORTER,
        is_practice=found.practised_by_id is not None,
        partner_is_program=found.practised_by_id is not None or (agent is not None and agent.disclosure == "header"),
        reasons=Alert.Reason.choices,
        longest=LONGEST,
        feedback_scale=list(enumerate(found.protocol.scales[found.protocol.feedback.scale].words, start=1)),
    )
    return render(request, "chat/conversation.html", context)
