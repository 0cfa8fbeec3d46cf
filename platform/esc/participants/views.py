"""A participant's doors outside the steps: arrival, consent, role, one more conversation, the end, and help."""

from __future__ import annotations

from http import HTTPStatus
from operator import itemgetter

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods
from django_countries import countries

from esc.errors import Refusal
from esc.ontology import Outcome, Role
from esc.participants import services
from esc.participants.doors import address, page_context, participant_page, remember, sitting_of, who
from esc.participants.journey import Page
from esc.participants.ledger import items_of
from esc.participants.models import Sitting
from esc.studies.arms import roles_of
from esc.studies.models import EntryLink
from esc.studies.panels import PanelAdapter


@require_GET
def arrive(request: HttpRequest, token: str) -> HttpResponse:
    """From a panel's link, with its ids in the query, straight to a clean address. A prefetch makes nobody."""
    if "prefetch" in request.headers.get("Sec-Purpose", ""):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    link = get_object_or_404(EntryLink.objects.select_related("study"), token=token)
    panel = next((panel for panel in link.study.protocol.panels if panel.name == link.panel), None)
    if panel is None:
        raise Refusal("no_panel", "This link is not set up correctly. Please tell the researchers who gave it to you.")
    adapter = PanelAdapter.of(panel)
    person = adapter.person_in(request.GET)
    if adapter.person and not person:
        raise Refusal(
            "no_person",
            "Your recruitment panel did not tell us who you are. Please start again from the panel's own page.",
        )
    sitting = services.arrive(
        link=link,
        person=person,
        submission=adapter.submission_in(request.GET),
        known=who(request.session, link.study.slug),
    )
    if who(request.session, link.study.slug) != sitting.participant_id:
        request.session.cycle_key()  # whoever planted the old key in this browser is not this person, too
    remember(request.session, link.study.slug, sitting.participant_id)
    return redirect("participants:here", slug=link.study.slug)


@require_GET
def here(request: HttpRequest, slug: str) -> HttpResponse:
    """The page on which this person belongs now."""
    return redirect(address(sitting_of(request, slug)))


@require_http_methods(["GET", "POST"])
@participant_page(Page.CONSENT)
def consent(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """What the study is, and the boxes to tick."""
    refusal, ticked, country = None, request.POST.getlist("points"), request.POST.get("country", "")
    if request.method == "POST":
        try:
            page = services.give_consent(sitting_id=sitting.pk, points=ticked, country=country)
            return redirect(address(sitting, page))
        except Refusal as caught:
            refusal = caught
    context = page_context(sitting, countries=list(countries), ticked=ticked, country=country, refusal=refusal)
    return render(request, "participants/consent.html", context, status=refusal.status if refusal else 200)


@require_GET
@participant_page(Page.CONSENT)
def declined(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """Nothing is stored of a refusal; the way back stays open."""
    return render(request, "participants/declined.html", page_context(sitting))


@require_http_methods(["GET", "POST"])
@participant_page(Page.ROLE)
def role(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """Which of the two seats to take."""
    refusal, chosen = None, request.POST.get("role", "")
    if request.method == "POST":
        try:
            if chosen not in list(Role):
                raise Refusal("no_such_role", "Please choose one of the two parts.", status=HTTPStatus.BAD_REQUEST)
            return redirect(address(sitting, services.choose_role(sitting_id=sitting.pk, role=Role(chosen))))
        except Refusal as caught:
            refusal = caught
    context = page_context(sitting, roles=roles_of(sitting.protocol), refusal=refusal)
    return render(request, "participants/role.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "POST"])
@participant_page(Page.LEFT)
def left(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """The partner left before a real chat: finish now, paid, or the front of the queue."""
    refusal, choice = None, request.POST.get("choice", "")
    if request.method == "POST":
        try:
            return redirect(address(sitting, _after_being_left(sitting, choice)))
        except Refusal as caught:
            refusal = caught
    context = page_context(sitting, paid=sitting.paid, refusal=refusal)
    return render(request, "participants/left.html", context, status=refusal.status if refusal else 200)


def _after_being_left(sitting: Sitting, choice: str) -> Page:
    if choice == "front":
        return services.go_to_front(sitting_id=sitting.pk)
    if choice == "finish":
        return services.finish_sitting(sitting_id=sitting.pk, only_on=[Page.LEFT])
    raise Refusal("no_such_choice", "Please choose one of the two buttons.", status=HTTPStatus.BAD_REQUEST)


@require_http_methods(["GET", "POST"])
@participant_page(Page.ANOTHER)
def another(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """One more conversation, or the end."""
    refusal, choice = None, request.POST.get("choice", "")
    if request.method == "POST":
        try:
            return redirect(address(sitting, _go_on(sitting, choice)))
        except Refusal as caught:
            refusal = caught
    left = sitting.left_today(timezone.now())
    rest = sitting.conversations_left > 0 and left == 0
    context = page_context(sitting, left=left, rest=rest, refusal=refusal)
    return render(request, "participants/another.html", context, status=refusal.status if refusal else 200)


def _go_on(sitting: Sitting, choice: str) -> Page:
    if choice == "another":
        return services.begin_another(sitting_id=sitting.pk)
    if choice == "finish":
        return services.finish_sitting(sitting_id=sitting.pk, only_on=[Page.ANOTHER])
    raise Refusal("no_such_choice", "Please choose one of the two buttons.", status=HTTPStatus.BAD_REQUEST)


@require_GET
@participant_page(Page.FINISH)
def finish(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """Thanks, what happened in words, the completion code, and where to hand it in."""
    outcome = Outcome(sitting.outcome)
    rule = sitting.protocol.outcomes[outcome]
    panel = next((panel for panel in sitting.protocol.panels if panel.name == sitting.panel), None)
    back_to = PanelAdapter.of(panel).back_to(rule.completion_code) if panel else ""
    paid = sitting.paid
    items = items_of(sitting.protocol.pay, paid)
    told = {"outcome": outcome, "rule": rule, "to_be_debriefed": sitting.to_be_debriefed}
    context = page_context(sitting, **told, back_to=back_to, paid=paid, items=items)
    return render(request, "participants/finish.html", context)


@require_GET
@participant_page()
def help_now(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """Where a person in danger finds help, in their country first."""
    crisis, country = sitting.protocol.crisis, sitting.participant.country
    elsewhere = [(countries.name(code), listed) for code, listed in crisis.countries.items() if code != country]
    context = page_context(sitting, resources=crisis.resources(country), elsewhere=sorted(elsewhere, key=itemgetter(0)))
    return render(request, "participants/help.html", context)
