from __future__ import annotations

from django.test import Client

from esc.ontology import Role
from esc.studies.models import Study
from surveys.models import SurveyResponse
from surveys.services import save_draft
from tests.corpus.made_up import imported, record
from tests.people import join
from tests.surveys.chats import answered_before, new_seeker, pair

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


def test_the_list_names_the_person_and_the_conversation_and_finds_both(study: Study, admin_client: Client) -> None:
    sam, mallory = answered_before(study), answered_before(study)
    conversation = pair(study, sam, join(study, Role.SUPPORTER))
    page = admin_client.get(LIST).content.decode()
    who = sam.sitting.participant_id
    assert f'href="/admin/participants/participant/{who}/change/"' in page
    assert f'href="/admin/chat/conversation/{conversation.pk}/change/"' in page
    for asked in (who, str(who)[:13], conversation.pk):
        assert admin_client.get(f"{LIST}?q={asked}").context["cl"].result_count == 1
    assert admin_client.get(f"{LIST}?q={mallory.sitting.participant_id}").context["cl"].result_count == 1


def test_answers_stand_in_the_protocols_words(study: Study, admin_client: Client) -> None:
    answered_before(study)
    page = admin_client.get(f"{LIST}{SurveyResponse.objects.get().pk}/change/").content.decode()
    assert "How strong is this feeling right now?" in page
    assert "4 (strong)" in page


def test_imported_answers_are_shown_too(admin_client: Client) -> None:
    imported(record(situation="The rain."))
    for response in SurveyResponse.objects.all():
        page = admin_client.get(f"{LIST}{response.pk}/change/").content.decode()
        assert "Answers in words" in page


def test_others_do_not_get_in(client: Client, db: None) -> None:
    assert client.get(LIST).status_code == 302
