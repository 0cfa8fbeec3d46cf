"""A participant's doors outside the steps: arrival, consent, role, one more conversation, the end, and help."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods
from django_countries import countries

from esc.errors import Refusal
from esc.ontology import Outcome, Role
from esc.participants import services
from esc.participants.arms import roles_of
from esc.participants.doors import address, page_context, participant_page, remember, sitting_of, who
from esc.participants.journey import Page
from esc.participants.models import Sitting
from esc.participants.panels import PanelAdapter
from esc.studies.models import EntryLink


@require_GET
def arrive(request: HttpRequest, token: str) -> HttpResponse:
    """From a panel's link, with its ids in the query, straight to a clean address."""
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
    roles = roles_of(sitting.protocol)
    if request.method == "POST":
        chosen = request.POST.get("role", "")
        if chosen not in list(Role):
            raise Refusal("no_such_role", "Please choose one of the two roles.")
        return redirect(address(sitting, services.choose_role(sitting_id=sitting.pk, role=Role(chosen))))
    return render(request, "participants/role.html", page_context(sitting, roles=roles))


@require_http_methods(["GET", "POST"])
@participant_page(Page.ANOTHER)
def another(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """One more conversation, or the end."""
    if request.method == "POST":
        if request.POST.get("choice") == "another":
            page = services.begin_another(sitting_id=sitting.pk)
        else:
            page = services.finish_sitting(sitting_id=sitting.pk)
        return redirect(address(sitting, page))
    return render(request, "participants/another.html", page_context(sitting))


@require_GET
@participant_page(Page.FINISH)
def finish(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """Thanks, what happened in words, the completion code, and where to hand it in."""
    outcome = Outcome(sitting.outcome)
    rule = sitting.protocol.outcomes[outcome]
    panel = next((panel for panel in sitting.protocol.panels if panel.name == sitting.panel), None)
    back_to = PanelAdapter.of(panel).back_to(rule.completion_code) if panel else ""
    context = page_context(sitting, outcome=outcome, rule=rule, back_to=back_to)
    return render(request, "participants/finish.html", context)


@require_GET
@participant_page()
def help_now(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """Where a person in danger finds help, in their country first."""
    resources = sitting.protocol.crisis.resources(sitting.participant.country)
    return render(request, "participants/help.html", page_context(sitting, resources=resources))
