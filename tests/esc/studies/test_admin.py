"""Where researchers write, open and close studies; nobody else gets in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from esc.ontology import Role
from esc.studies.loading import default_protocol_text, sha256
from esc.studies.models import EntryLink, Study
from esc.studies.services import create_study
from tests.people import Person, join

CHANGELIST, ADD = reverse("admin:studies_study_changelist"), reverse("admin:studies_study_add")
TEXT = default_protocol_text()


@pytest.fixture
def researcher(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("rosa"))
    return client


def page_of(study: Study) -> str:
    return reverse("admin:studies_study_change", args=[study.pk])


def form(*links: dict[str, str], slug: str = "", draft: str = TEXT, there_already: int = 0) -> dict[str, str]:
    """What the browser sends: the draft with CR LF line ends, and the rows of the links."""
    data = {"draft": draft.replace("\n", "\r\n"), "links-TOTAL_FORMS": str(len(links))}
    data |= {"links-INITIAL_FORMS": str(there_already), "links-MIN_NUM_FORMS": "0", "links-MAX_NUM_FORMS": "1000"}
    if slug:
        data["slug"] = slug
    for number, link in enumerate(links):
        data |= {f"links-{number}-{field}": value for field, value in link.items()}
    return data


def errors_in(response: Any) -> str:
    assert response.status_code == 200, "the form was accepted"
    return " ".join(re.findall(r'<ul class="errorlist[^>]*>(.*?)</ul>', response.content.decode(), re.DOTALL))


def test_new_study_starts_from_the_default_protocol(researcher: Client) -> None:
    page = researcher.get(ADD)
    assert page.context["adminform"].form.initial["draft"] == TEXT


def test_study_is_saved_as_a_draft_byte_for_byte(researcher: Client) -> None:
    assert researcher.post(ADD, form(slug="mine")).status_code == 302
    study = Study.objects.get()
    assert (study.slug, study.state) == ("mine", Study.State.DRAFT)
    assert sha256(study.draft) == sha256(TEXT)


def test_study_can_be_marked_a_rehearsal_until_somebody_takes_part(researcher: Client, study: Study) -> None:
    researcher.post(page_of(study), {**form(), "is_rehearsal": "on"})
    study.refresh_from_db()
    assert study.is_rehearsal
    join(study, Role.SEEKER)
    researcher.post(page_of(study), form())
    study.refresh_from_db()
    assert study.is_rehearsal


def test_broken_protocol_is_refused_at_its_field_with_key_and_expectation(researcher: Client) -> None:
    broken = TEXT.replace("empathy = 3", "empathy = 6").replace("interval = 2", 'interval = "two"')
    errors = errors_in(researcher.post(ADD, form(slug="mine", draft=broken)))
    assert "approval.empathy: Input should be less than or equal to 5" in errors
    assert "feedback.interval: Input should be a valid integer" in errors
    assert not Study.objects.exists()


def test_link_is_saved_with_the_study(researcher: Client) -> None:
    link = {"label": "Prolific, seekers", "panel": "prolific", "role": "seeker", "arm": ""}
    assert researcher.post(ADD, form(link, slug="mine")).status_code == 302
    assert EntryLink.objects.get().panel == "prolific"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ({"panel": "prolifik"}, "one of the protocol&#x27;s panels (direct, prolific, generic)"),
        ({"arm": "placebo"}, "one of the protocol&#x27;s arms (people, scripted)"),
        ({"arm": "scripted", "role": "supporter"}, "Expected seeker"),
        ({"arm": "scripted", "role": ""}, "Expected seeker"),
    ],
)
def test_link_that_leads_nowhere_is_refused(researcher: Client, link: dict[str, str], expected: str) -> None:
    row = {"label": "A link", "panel": "direct", "role": "seeker", "arm": "", **link}
    assert expected in errors_in(researcher.post(ADD, form(row, slug="mine")))
    assert not Study.objects.exists()


def test_open_study_shows_each_links_address_with_the_panels_parameters(researcher: Client, study: Study) -> None:
    link = study.links.create(label="Prolific", panel="prolific", role=Role.SEEKER)
    page = researcher.get(page_of(study)).content.decode()
    expected = (
        f"http://testserver/join/{link.token}/?PROLIFIC_PID={{{{%PROLIFIC_PID%}}}}"
        "&amp;STUDY_ID={{%STUDY_ID%}}&amp;SESSION_ID={{%SESSION_ID%}}"
    )
    assert f'<code class="address">{expected}</code>' in page


def test_direct_links_address_has_no_parameters(researcher: Client, study: Study) -> None:
    link = study.links.create(label="Friends")
    assert f"http://testserver/join/{link.token}/</code>" in researcher.get(page_of(study)).content.decode()


def test_link_of_a_changed_draft_says_that_the_study_must_be_opened_again(researcher: Client, study: Study) -> None:
    study.links.create(label="New panel", panel="new")
    assert "until the study is opened again" in researcher.get(page_of(study)).content.decode()


def test_short_name_stays_once_it_is_given(researcher: Client, study: Study) -> None:
    assert researcher.post(page_of(study), form(slug="other", there_already=0)).status_code == 302
    study.refresh_from_db()
    assert study.slug == "demo"


def test_the_form_says_what_a_short_name_is_for(researcher: Client) -> None:
    page = researcher.get(ADD).content.decode()
    assert "Short name" in page
    assert "It cannot be changed later." in page


def test_saving_another_protocol_of_an_open_study_says_that_it_is_not_in_force(
    researcher: Client, study: Study
) -> None:
    changed = TEXT.replace("minutes = 35", "minutes = 40")
    warned = "not in force yet: people still take part under version 1"
    assert warned not in researcher.post(page_of(study), form(), follow=True).content.decode()
    assert warned in researcher.post(page_of(study), form(draft=changed), follow=True).content.decode()
    act(researcher, "open_studies", study)
    assert warned not in researcher.post(page_of(study), form(draft=changed), follow=True).content.decode()


def test_a_draft_can_be_deleted_and_a_study_that_was_open_shows_no_such_button(
    researcher: Client, study: Study
) -> None:
    draft = create_study(slug="mine", text=TEXT)
    delete = "/admin/studies/study/{}/delete/"
    assert delete.format(draft.pk) in researcher.get(page_of(draft)).content.decode()
    assert delete.format(study.pk) not in researcher.get(page_of(study)).content.decode()
    assert researcher.post(delete.format(study.pk), {"post": "yes"}).status_code == 403
    assert researcher.post(delete.format(draft.pk), {"post": "yes"}).status_code == 302
    assert list(Study.objects.all()) == [study]
    assert "delete_selected" not in researcher.get(CHANGELIST).content.decode()


def act(client: Client, action: str, *studies: Study) -> str:
    """Run an action on the list of studies; what the page then says."""
    chosen = {"action": action, "_selected_action": [str(study.pk) for study in studies]}
    page = client.post(CHANGELIST, chosen, follow=True).content.decode()
    return " ".join(re.findall(r'<ul class="messagelist">(.*?)</ul>', page, re.DOTALL))


def test_opening_freezes_the_draft(researcher: Client) -> None:
    study = create_study(slug="mine", text=TEXT)
    assert "mine is open under version 1." in act(researcher, "open_studies", study)
    study.refresh_from_db()
    assert study.is_open
    assert study.version.text == TEXT


def test_study_with_a_broken_draft_is_not_opened_and_says_why(researcher: Client) -> None:
    broken = Study.objects.create(slug="broken", draft=TEXT.replace("pass_mark = 11", "pass_mark = 0"))
    said = act(researcher, "open_studies", broken, create_study(slug="sound", text=TEXT))
    assert "broken was not opened. training.pass_mark" in said
    assert "sound is open under version 1." in said
    broken.refresh_from_db()
    assert not broken.is_open


def test_study_whose_link_would_lead_nowhere_is_not_opened(researcher: Client) -> None:
    study = create_study(slug="mine", text=TEXT)
    study.links.create(label="Old", arm="gone")
    assert "the link &#x27;Old&#x27;, arm: expected one of" in act(researcher, "open_studies", study)


def test_closing_shuts_the_entrance(researcher: Client, study: Study) -> None:
    assert "demo is closed" in act(researcher, "close_studies", study)
    study.refresh_from_db()
    assert not study.is_open


def test_frozen_version_can_be_read_and_not_changed(researcher: Client, study: Study) -> None:
    address = reverse("admin:studies_protocolversion_change", args=[study.version.pk])
    page = researcher.get(address)
    assert "pass_mark = 11" in page.content.decode()
    assert researcher.post(address, {"text": "other"}).status_code == 403
    assert researcher.get(reverse("admin:studies_protocolversion_add")).status_code == 403


def doors(study: Study) -> list[str]:
    return [CHANGELIST, ADD, page_of(study), reverse("admin:studies_protocolversion_changelist")]


def test_anonymous_person_is_sent_to_the_login(study: Study) -> None:
    for door in doors(study):
        response = Client().get(door)
        assert response.status_code == 302
        assert response.headers["Location"].startswith(reverse("admin:login"))


def test_participant_and_account_without_rights_are_refused(mallory: Person, study: Study) -> None:
    plain = Client()
    plain.force_login(User.objects.create_user("nobody"))
    for door in doors(study):
        assert mallory.client.get(door).status_code == 302
        assert plain.get(door).status_code == 302


def test_staff_without_permission_can_neither_look_nor_act(study: Study) -> None:
    staff = Client()
    staff.force_login(User.objects.create_user("intern", is_staff=True))
    for door in doors(study):
        assert staff.get(door).status_code == 403
    chosen = {"action": "close_studies", "_selected_action": [str(study.pk)]}
    assert staff.post(CHANGELIST, chosen).status_code == 403
    study.refresh_from_db()
    assert study.is_open


def test_staff_who_may_only_look_read_a_study(study: Study) -> None:
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_study"))
    client = Client()
    client.force_login(looker)
    page = client.get(page_of(study))
    assert page.status_code == 200
    assert "<textarea" not in page.content.decode()
