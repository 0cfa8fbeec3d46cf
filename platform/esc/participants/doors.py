"""What every participant's page has in common: who is here, whether this is their page, and in which language."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation

from esc.errors import Refusal
from esc.participants.addresses import address as address  # the doors' own way on
from esc.participants.journey import Page, next_page
from esc.participants.models import Sitting

PEOPLE = "participants"  # session key: {study slug: participant id}
P = ParamSpec("P")
PageView = Callable[Concatenate[HttpRequest, Sitting, P], HttpResponse]


def remember(session: SessionBase, slug: str, participant_id: UUID) -> None:
    """From now on this browser is that person in that study."""
    session[PEOPLE] = {**session.get(PEOPLE, {}), slug: str(participant_id)}


def who(session: SessionBase, slug: str) -> UUID | None:
    """The person that this browser is in that study, if any."""
    known = session.get(PEOPLE, {}).get(slug)
    return UUID(known) if known else None


def sitting_of(request: HttpRequest, slug: str) -> Sitting:
    """The current sitting of the person in this browser. Refuses (`not_here`) whoever has none in this study."""
    if (participant_id := who(request.session, slug)) is None:
        raise not_here()
    sitting = (
        Sitting.objects.filter(participant_id=participant_id)
        .select_related("participant__study", "protocol_version")
        .order_by("-id")
        .first()
    )
    if sitting is None:
        raise not_here()
    return sitting


def not_here() -> Refusal:
    return Refusal(
        "not_here",
        "This page belongs to a study that you have not joined in this browser. "
        "Please open the link you were given again: you will be where you left off.",
        status=HTTPStatus.FORBIDDEN,
    )


def participant_page(*pages: Page) -> Callable[[PageView[P]], Callable[..., HttpResponse]]:
    """A participant's page: the view gets the sitting instead of the study's slug.

    Whoever belongs on another page now is sent there. Without `pages` every person of the study may look.
    """

    def decorate(view: PageView[P]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def door(request: HttpRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            sitting = sitting_of(request, slug)
            translation.activate(sitting.protocol.study.language)
            now = next_page(sitting.facts)
            if pages and now not in pages:
                return redirect(address(sitting, now))
            response = view(request, sitting, *args, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store")  # the back button asks the journey again
            return response

        return door

    return decorate


def page_context(sitting: Sitting, **more: Any) -> dict[str, Any]:
    """What every participant's template is given: the sitting, its study and protocol, and the way so far."""
    protocol = sitting.protocol
    return {"sitting": sitting, "study": sitting.study, "protocol": protocol, **more}
