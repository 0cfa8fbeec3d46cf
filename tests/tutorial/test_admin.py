from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from esc.studies.loading import default_protocol_text
from esc.studies.models import Study
from esc.studies.services import create_study
from tests.people import Person
from tests.tutorial.exam import begin, hand_in, trainee
from tutorial.models import ExamAttempt

LIST = reverse("admin:tutorial_examattempt_changelist")


@pytest.fixture
def researcher(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("researcher"))
    return client


@pytest.fixture
def attempt(study: Study) -> ExamAttempt:
    """A failed attempt; the person is at the next one."""
    tess = trainee(study)
    hand_in(tess, wrong=3)
    begin(tess)
    return tess.sitting.participant.exam_attempts.handed_in().get()


def test_a_researcher_sees_who_scored_what(researcher: Client, attempt: ExamAttempt) -> None:
    html = researcher.get(LIST).content.decode()
    assert str(attempt.participant_id) in html
    assert '<td class="field-score">5</td>' in html
    assert "2 exam attempts" in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"passed__exact": "0"}, 1),
        ({"passed__exact": "1"}, 0),
        ({"passed__isnull": "True"}, 1),
        ({"number": "2"}, 1),
    ],
)
def test_attempts_can_be_filtered(researcher: Client, attempt: ExamAttempt, query: dict[str, str], found: int) -> None:
    response = researcher.get(LIST, query)
    assert response.context["cl"].result_count == found


def test_attempts_can_be_filtered_by_study(researcher: Client, attempt: ExamAttempt, study: Study) -> None:
    other = create_study(slug="other", text=default_protocol_text())
    for chosen, found in ((study, 2), (other, 0)):
        response = researcher.get(LIST, {"participant__study__id__exact": chosen.pk})
        assert response.context["cl"].result_count == found


def test_nobody_adds_changes_or_deletes_an_attempt(researcher: Client, attempt: ExamAttempt) -> None:
    change = reverse("admin:tutorial_examattempt_change", args=[attempt.pk])
    assert researcher.get(change).status_code == 200
    assert researcher.post(change, {"score": 8}).status_code == 403
    assert researcher.get(reverse("admin:tutorial_examattempt_add")).status_code == 403
    assert researcher.post(reverse("admin:tutorial_examattempt_delete", args=[attempt.pk])).status_code == 403
    attempt.refresh_from_db()
    assert attempt.score == 5


def test_participants_see_no_admin_page(attempt: ExamAttempt, sam: Person) -> None:
    assert sam.client.get(LIST).status_code == 302  # to the admin's own log-in
