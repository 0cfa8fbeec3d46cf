"""Researchers see pseudonyms and steps; a panel's ids stand apart and can be forgotten."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from esc.ontology import Outcome
from esc.participants import services
from esc.participants.models import PanelIdentity, PanelSubmission, Participant, Sitting
from esc.studies.models import Study
from tests.people import Person

LISTS = [reverse(f"admin:participants_{model}_changelist") for model in ("participant", "consent", "panelidentity")]


@pytest.fixture
def researcher(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("rosa"))
    return client


@pytest.fixture
def paula(study: Study) -> Sitting:
    """A person from a panel."""
    link = study.links.create(label="Prolific", panel="prolific", role="seeker")
    return services.arrive(link=link, person="5f0paula", submission="sub-paula", known=None)


def page_of(participant: Participant) -> str:
    return reverse("admin:participants_participant_change", args=[participant.pk])


def test_participant_is_shown_with_sittings_and_consents(researcher: Client, sam: Person) -> None:
    page = researcher.get(page_of(sam.sitting.participant)).content.decode()
    assert str(sam.sitting.participant_id) in page
    assert "lobby" in page
    assert sam.sitting.protocol.consent.version in page


def test_who_never_consented_can_be_left_out(researcher: Client, sam: Person, paula: Sitting) -> None:
    for empty, who in (("0", sam.sitting.participant_id), ("1", paula.participant_id)):
        found = researcher.get(LISTS[0], {"consents__isempty": empty}).context["cl"].result_list
        assert [participant.pk for participant in found] == [who]


def test_panels_ids_are_not_on_the_participants_page(researcher: Client, paula: Sitting) -> None:
    page = researcher.get(page_of(paula.participant)).content.decode()
    assert "5f0paula" not in page
    assert "sub-paula" not in page


@pytest.mark.parametrize("door", LISTS)
def test_lists_can_be_looked_at(researcher: Client, sam: Person, paula: Sitting, door: str) -> None:
    assert researcher.get(door).status_code == 200


def test_nothing_is_added_changed_or_deleted_by_hand(researcher: Client, sam: Person) -> None:
    participant = sam.sitting.participant
    assert researcher.post(page_of(participant), {"country": "DE"}).status_code == 403
    assert researcher.get(reverse("admin:participants_participant_add")).status_code == 403
    assert researcher.post(reverse("admin:participants_participant_delete", args=[participant.pk])).status_code == 403
    consent = participant.consents.get()
    assert researcher.post(reverse("admin:participants_consent_delete", args=[consent.pk])).status_code == 403


def test_deleting_a_panel_identity_makes_the_person_anonymous_and_keeps_the_data(
    researcher: Client, paula: Sitting
) -> None:
    identity = PanelIdentity.objects.get()
    door = reverse("admin:participants_panelidentity_delete", args=[identity.pk])
    assert researcher.post(door, {"post": "yes"}).status_code == 302
    assert not PanelIdentity.objects.exists()
    assert not PanelSubmission.objects.exists()
    assert Sitting.objects.filter(pk=paula.pk, participant=paula.participant).exists()


def test_many_panel_identities_are_forgotten_at_once(researcher: Client, paula: Sitting, study: Study) -> None:
    link = study.links.get()
    services.arrive(link=link, person="5f0peter", submission="sub-peter", known=None)
    chosen = [str(identity.pk) for identity in PanelIdentity.objects.all()]
    data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    assert researcher.post(reverse("admin:participants_panelidentity_changelist"), data).status_code == 302
    assert not PanelIdentity.objects.exists()
    assert not PanelSubmission.objects.exists()
    assert Participant.objects.count() == 2


@pytest.mark.parametrize("door", LISTS)
def test_outsiders_are_refused(mallory: Person, door: str) -> None:
    assert Client().get(door).status_code == 302
    assert mallory.client.get(door).status_code == 302
    staff = Client()
    staff.force_login(User.objects.create_user("intern", is_staff=True))
    assert staff.get(door).status_code == 403


def test_staff_without_permission_cannot_forget_anybody(paula: Sitting) -> None:
    staff = Client()
    staff.force_login(User.objects.create_user("intern", is_staff=True))
    identity = PanelIdentity.objects.get()
    door = reverse("admin:participants_panelidentity_delete", args=[identity.pk])
    assert staff.post(door, {"post": "yes"}).status_code == 403
    assert PanelIdentity.objects.exists()


SITTINGS = reverse("admin:participants_sitting_changelist")


def payroll_of(browser: Client) -> list[dict[str, str]]:
    """The downloaded list, for all sittings."""
    ids = list(Sitting.objects.values_list("pk", flat=True))
    response = browser.post(SITTINGS, {"action": "download_payroll", "_selected_action": ids})
    assert response.headers["Content-Type"] == "text/csv"
    return list(csv.DictReader(io.StringIO(response.content.decode())))


def test_the_list_of_sittings_says_what_is_due(researcher: Client, sam: Person) -> None:
    sam.sitting.seats.update(waited_s=61)
    services.finish_sitting(sitting_id=sam.sitting_id, outcome=Outcome.NO_PARTNER)
    assert "0.40\N{NO-BREAK SPACE}USD" in researcher.get(SITTINGS).content.decode()
    page = reverse("admin:participants_sitting_change", args=[sam.sitting_id])
    assert researcher.get(page).status_code == 200
    assert researcher.post(page, {}).status_code == 403


def test_who_pays_gets_a_table_with_codes_amounts_and_the_panels_ids(
    researcher: Client, paula: Sitting, sam: Person
) -> None:
    sam.sitting.seats.update(waited_s=61)
    services.finish_sitting(sitting_id=sam.sitting_id, outcome=Outcome.NO_PARTNER)
    rows = {row["participant"]: row for row in payroll_of(researcher)}
    assert (
        rows[str(sam.sitting.participant_id)] | {"minutes_waited": "2", "amount": "0.40", "currency": "USD"}
        == (rows[str(sam.sitting.participant_id)])
    )
    assert rows[str(sam.sitting.participant_id)]["completion_code"] == "ESC-NO-PARTNER"
    open_one = rows[str(paula.participant_id)]
    assert (open_one["panel_person"], open_one["panel_submissions"]) == ("5f0paula", "sub-paula")
    assert (open_one["outcome"], open_one["amount"]) == ("", "0.00")


def test_who_may_not_see_the_panels_ids_gets_none(study: Study, paula: Sitting) -> None:
    reader = User.objects.create_user("rob", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_sitting"))
    browser = Client()
    browser.force_login(reader)
    (row,) = payroll_of(browser)
    assert "panel_person" not in row
    assert "5f0paula" not in str(row)


def test_a_panels_id_is_never_a_spreadsheets_formula(researcher: Client, study: Study) -> None:
    link = study.links.create(label="Prolific", panel="prolific", role="seeker")
    services.arrive(link=link, person='=HYPERLINK("evil")', submission="@sum", known=None)
    (row,) = payroll_of(researcher)
    assert (row["panel_person"], row["panel_submissions"]) == ('\'=HYPERLINK("evil")', "'@sum")
