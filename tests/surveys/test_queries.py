from __future__ import annotations

from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chat.models import Conversation
from esc.ontology import Role
from esc.participants.models import Seat
from esc.studies.models import Study
from surveys.models import SurveyResponse
from surveys.queries import given_answers, given_answers_of_many
from tests.people import Person


def conversation_of(study: Study, seeker: Seat, supporter: Seat) -> Conversation:
    return Conversation.objects.create(
        study=study, protocol_version=study.version, seeker=seeker, supporter=supporter, started_at=timezone.now()
    )


def imported(study: Study, index: int) -> Conversation:
    seats = {role: Seat.objects.create(role=role) for role in Role}
    return Conversation.objects.create(
        study=study,
        protocol_version=study.version,
        seeker=seats[Role.SEEKER],
        supporter=seats[Role.SUPPORTER],
        import_index=index,
    )


def seat_of(person: Person) -> Seat:
    seat = person.sitting.current_seat
    assert seat is not None
    return seat


def test_submitted_answers_are_given_and_a_draft_is_not(study: Study, sam: Person, pat: Person) -> None:
    conversation = conversation_of(study, seat_of(sam), seat_of(pat))
    SurveyResponse.objects.create(
        seat=conversation.seeker, survey="seeker_before", answers={"situation": "So."}, submitted_at=timezone.now()
    )
    SurveyResponse.objects.create(seat=conversation.seeker, survey="seeker_after", draft={"empathy": "4"})
    SurveyResponse.objects.create(seat=conversation.supporter, survey="supporter_after")
    assert given_answers(conversation) == {"seeker_before": {"situation": "So."}}


def test_an_imported_survey_counts_as_given_even_when_its_file_left_every_answer_out(study: Study) -> None:
    conversation = imported(study, 0)
    SurveyResponse.objects.create(seat=conversation.seeker, survey="seeker_after", answers={"empathy": 4})
    SurveyResponse.objects.create(seat=conversation.supporter, survey="supporter_after", answers={})
    assert given_answers(conversation) == {"seeker_after": {"empathy": 4}, "supporter_after": {}}


def test_many_conversations_cost_one_query_and_each_has_its_key(
    study: Study, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    conversations = [imported(study, index) for index in range(5)]
    for index, conversation in enumerate(conversations[:4]):
        SurveyResponse.objects.create(seat=conversation.seeker, survey="seeker_after", answers={"empathy": index + 1})
    with django_assert_num_queries(1):
        found = given_answers_of_many(conversations)
    assert [found[conversation.pk] for conversation in conversations] == [
        *({"seeker_after": {"empathy": score}} for score in (1, 2, 3, 4)),
        {},
    ]


def test_answers_stay_with_their_own_conversation(study: Study) -> None:
    mine, other = imported(study, 0), imported(study, 1)
    SurveyResponse.objects.create(seat=other.supporter, survey="supporter_after", answers={"detail": 5})
    assert given_answers(mine) == {}
    assert given_answers(other) == {"supporter_after": {"detail": 5}}
