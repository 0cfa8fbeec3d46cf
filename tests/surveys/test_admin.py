from __future__ import annotations

from django.test import Client

from esc.studies.models import Study
from surveys.models import SurveyResponse
from surveys.services import save_draft
from tests.surveys.chats import answered_before, new_seeker

LIST = "/admin/surveys/surveyresponse/"


def test_a_researcher_reads_answers_but_neither_drafts_nor_a_form_to_change_them(
    study: Study, admin_client: Client
) -> None:
    answered_before(study)
    writing = new_seeker(study)
    save_draft(sitting_id=writing.sitting_id, survey="seeker_before", answers={"situation": "Not handed in yet."})
    given, draft = SurveyResponse.objects.order_by("id")
    assert "seeker_before" in admin_client.get(LIST).content.decode()
    assert "They cut my hours" in admin_client.get(f"{LIST}{given.pk}/change/").content.decode()
    assert "Not handed in yet." not in admin_client.get(f"{LIST}{draft.pk}/change/").content.decode()
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{given.pk}/change/", {"answers": "{}"}).status_code == 403
    assert admin_client.post(f"{LIST}{given.pk}/delete/", {"post": "yes"}).status_code == 403


def test_others_do_not_get_in(client: Client, db: None) -> None:
    assert client.get(LIST).status_code == 302
