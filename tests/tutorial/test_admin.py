from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

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


def test_applicants_are_counted_by_study_and_day(researcher: Client, study: Study) -> None:
    sit(trainee(study))
    newcomer(study)
    page = " ".join(html(researcher, BY_DAY).split())
    assert "demo" in page
    assert page.count("<td>2</td> <td>1</td> <td>0</td> <td>1</td>") == 2  # the day, and all days


def test_questions_are_judged(researcher: Client, study: Study, attempt: ExamAttempt) -> None:
    page = html(researcher, ITEMS)
    asked = set(ExamQuestion.objects.filter(attempt=attempt).values_list("question", flat=True))
    assert all(f'<th scope="row">{question}</th>' in page for question in asked)
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


def test_who_may_only_look_resets_nobody(tess: Person) -> None:
    staff = Client()
    staff.force_login(User.objects.create_user("assistant", is_staff=True))
    for page in (BY_DAY, ITEMS, reset_page(tess)):
        assert staff.get(page).status_code == 403
    assert staff.post(reset_page(tess), {"reason": "Why not?"}).status_code == 403
