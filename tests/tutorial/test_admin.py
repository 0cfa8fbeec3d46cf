from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from esc.studies.models import Study
from tests.people import Person
from tests.tutorial.exam import QUESTIONS, begin, newcomer, sit, trainee
from tutorial.models import ExamAttempt, ExamQuestion

LIST = reverse("admin:tutorial_examattempt_changelist")
PEOPLE = reverse("admin:tutorial_trainee_changelist")
BY_DAY = reverse("admin:tutorial_by_day")
ITEMS = reverse("admin:tutorial_questions")
Later = Callable[[int], None]


@pytest.fixture
def researcher(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("researcher"))
    return client


@pytest.fixture
def attempt(tess: Person, later: Later) -> ExamAttempt:
    """A failed attempt; the person is at the next one."""
    failed = sit(tess, wrong=4)
    later(120)
    begin(tess)
    return failed


def reset_page(person: Person) -> str:
    return reverse("admin:tutorial_reset", args=[person.sitting.participant_id])


def html(client: Client, url: str, **query: str) -> str:
    response = client.get(url, query)
    assert response.status_code == 200
    return response.content.decode()


def test_a_researcher_sees_who_scored_what(researcher: Client, attempt: ExamAttempt) -> None:
    assert '<td class="field-score">9</td>' in html(researcher, LIST)


@pytest.mark.parametrize(
    ("query", "found"), [({"passed__exact": "0"}, 1), ({"passed__exact": "1"}, 0), ({"number": "2"}, 1)]
)
def test_attempts_can_be_filtered(researcher: Client, attempt: ExamAttempt, query: dict[str, str], found: int) -> None:
    assert researcher.get(LIST, query).context["cl"].result_count == found


def test_one_attempt_shows_every_question_with_what_was_answered(researcher: Client, attempt: ExamAttempt) -> None:
    page = researcher.get(reverse("admin:tutorial_examattempt_change", args=[attempt.pk])).content.decode()
    for question in attempt.questions.all():
        assert question.question in page
    assert page.count("field-options_shown") == QUESTIONS
    assert page.count("✓ right") == QUESTIONS
    assert page.count("← answered") == QUESTIONS
    assert page.count("✓ right ← answered") == attempt.score


def test_one_person_has_their_attempts_lessons_and_resets_on_one_page(
    researcher: Client, tess: Person, attempt: ExamAttempt
) -> None:
    page = html(researcher, reverse("admin:tutorial_trainee_change", args=[tess.sitting.participant_id]))
    assert "attempt 1 of" in page
    assert "attempt 2 of" in page
    assert "boundaries" in page
    assert reset_page(tess) in page


def test_people_are_those_who_came_to_the_training(researcher: Client, sam: Person, attempt: ExamAttempt) -> None:
    page = html(researcher, PEOPLE)
    assert str(attempt.participant_id) in page
    assert str(sam.sitting.participant_id) not in page
    assert BY_DAY in page
    assert ITEMS in page


@pytest.mark.parametrize(("state", "found"), [("in-progress", 1), ("passed", 2), ("failed", 0)])
def test_people_can_be_filtered_by_how_their_training_stands(
    researcher: Client, study: Study, attempt: ExamAttempt, state: str, found: int
) -> None:
    for _ in range(2):
        sit(trainee(study))
    assert researcher.get(PEOPLE, {"training": state}).context["cl"].result_count == found


def test_the_list_of_people_says_how_far_they_are_in_as_many_queries_however_many_they_are(
    researcher: Client, study: Study, attempt: ExamAttempt
) -> None:
    with CaptureQueriesContext(connection) as few:
        page = html(researcher, PEOPLE)
    assert '<td class="field-lessons">13</td><td class="field-attempts">1</td>' in page
    for _ in range(4):
        newcomer(study)
    with CaptureQueriesContext(connection) as more:
        assert '<td class="field-lessons">0</td>' in html(researcher, PEOPLE)
    assert len(more) == len(few)


def test_applicants_are_counted_by_study_and_day(researcher: Client, study: Study) -> None:
    sit(trainee(study))
    newcomer(study)
    page = " ".join(html(researcher, BY_DAY).split())
    assert "demo" in page
    assert page.count("<td>2</td> <td>1</td> <td>0</td> <td>1</td>") == 2  # the day, and all days


def test_questions_are_judged(researcher: Client, study: Study, attempt: ExamAttempt) -> None:
    page = html(researcher, ITEMS)
    for question in ExamQuestion.objects.filter(attempt=attempt):
        assert question.question in page
        assert escape(question.says) in page  # an id alone would say nothing
    assert page.count('<th scope="row">') == QUESTIONS  # the attempt under way does not count yet
    assert html(researcher, ITEMS, study="demo").count('<th scope="row">') == QUESTIONS


def test_a_reset_needs_a_reason_and_stores_it(researcher: Client, tess: Person, attempt: ExamAttempt) -> None:
    assert "Why?" in html(researcher, reset_page(tess))
    researcher.post(reset_page(tess), {"reason": " "})
    assert not tess.sitting.participant.training_resets.exists()
    response = researcher.post(reset_page(tess), {"reason": "The power went out."}, follow=True)
    assert "The power went out." in response.content.decode()
    assert tess.sitting.participant.training_resets.get().by.username == "researcher"


def test_nobody_adds_changes_or_deletes_an_attempt(researcher: Client, attempt: ExamAttempt) -> None:
    change = reverse("admin:tutorial_examattempt_change", args=[attempt.pk])
    assert researcher.post(change, {"score": 8}).status_code == 403
    assert researcher.get(reverse("admin:tutorial_examattempt_add")).status_code == 403
    assert researcher.post(reverse("admin:tutorial_examattempt_delete", args=[attempt.pk])).status_code == 403
    attempt.refresh_from_db()
    assert attempt.score == 9


def test_participants_see_no_admin_page(tess: Person) -> None:
    for page in (LIST, PEOPLE, BY_DAY, ITEMS, reset_page(tess)):
        assert tess.client.get(page).status_code == 302  # to the admin's own log-in


def staff(*permissions: str) -> Client:
    """Somebody who works here, with these permissions and no other."""
    user = User.objects.create_user("assistant", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def test_staff_without_a_permission_see_nothing(attempt: ExamAttempt, tess: Person) -> None:
    assistant = staff()
    one = reverse("admin:tutorial_examattempt_change", args=[attempt.pk])
    person = reverse("admin:tutorial_trainee_change", args=[attempt.participant_id])
    for page in (LIST, PEOPLE, BY_DAY, ITEMS, one, person, reset_page(tess)):
        assert assistant.get(page).status_code == 403
    assert assistant.post(reset_page(tess), {"reason": "Why not?"}).status_code == 403
    assert not tess.sitting.participant.training_resets.exists()


def test_who_may_only_look_resets_nobody(attempt: ExamAttempt, tess: Person) -> None:
    assistant = staff("view_trainee", "view_examattempt", "view_trainingreset")
    for page in (PEOPLE, BY_DAY, ITEMS):
        assert assistant.get(page).status_code == 200
    person = html(assistant, reverse("admin:tutorial_trainee_change", args=[attempt.participant_id]))
    assert reset_page(tess) not in person
    assert assistant.get(reset_page(tess)).status_code == 403
    assert assistant.post(reset_page(tess), {"reason": "Why not?"}).status_code == 403
    assert not tess.sitting.participant.training_resets.exists()
