"""What happens to a participant between two pages."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from esc.errors import Refusal
from esc.ontology import Outcome, Role
from esc.participants import services
from esc.participants.journey import AfterChat, Page, next_page
from esc.participants.models import Consent, PanelIdentity, Participant, Seat, Sitting
from esc.studies.loading import default_protocol_text
from esc.studies.models import EntryLink, Study
from esc.studies.services import close_study, create_study, open_study
from tests.people import Person, join, leave_chat

POINTS = ["adult", "read_live", "program", "agree"]


def link_of(study: Study, **fields: str) -> EntryLink:
    return study.links.create(label="for a test", **fields)


def arrive(link: EntryLink, person: str = "", submission: str = "", known: Participant | None = None) -> Sitting:
    return services.arrive(link=link, person=person, submission=submission, known=known.pk if known else None)


def study_with(**changes: str) -> Study:
    """An open study under the default protocol with `old = new` replaced."""
    text = default_protocol_text()
    for old, new in changes.items():
        found = next(line for line in text.splitlines() if line.startswith(f"{old} = "))
        text = text.replace(found, f"{old} = {new}")
    study = create_study(slug="other", text=text)
    open_study(study_id=study.pk)
    study.refresh_from_db()
    return study


def finish_conversation(sitting: Sitting, outcome: Outcome = Outcome.COMPLETED) -> Page:
    """The current conversation is held and its questions are answered."""
    if sitting.role == Role.SEEKER:
        services.finish_step(sitting_id=sitting.pk, step=Page.SURVEY_BEFORE)
    services.finish_step(sitting_id=sitting.pk, step=Page.LOBBY)
    chatted = timedelta(minutes=20)
    services.leave_chat(sitting_id=sitting.pk, outcome=outcome, after=AfterChat.SURVEY, chatted=chatted)
    return services.finish_step(sitting_id=sitting.pk, step=Page.SURVEY_AFTER)


def refused(act: Callable[[], object]) -> str:
    """The code with which it is refused."""
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.code


@pytest.mark.django_db
class TestArriving:
    def test_somebody_new_sits_down_under_the_newest_version(self, study: Study) -> None:
        sitting = arrive(link_of(study))
        assert (sitting.protocol_version, sitting.role, sitting.panel) == (study.version, "", "direct")
        assert next_page(sitting.facts) is Page.CONSENT

    def test_link_fixes_role_and_arm(self, study: Study) -> None:
        sitting = arrive(link_of(study, role="seeker", arm="scripted"))
        assert (sitting.role, sitting.arm, sitting.seats.count()) == ("seeker", "scripted", 1)

    def test_link_without_an_arm_draws_one_that_has_weight(self, study: Study) -> None:
        assert arrive(link_of(study, role="seeker")).arm == "people"

    def test_same_person_of_a_panel_comes_back_to_the_same_sitting(self, study: Study) -> None:
        link = link_of(study, panel="prolific", role="seeker")
        assert arrive(link, "p1", "x") == arrive(link, "p1", "x")
        assert (Participant.objects.count(), PanelIdentity.objects.count()) == (1, 1)

    def test_two_panels_may_use_the_same_id_for_two_people(self, study: Study) -> None:
        one = arrive(link_of(study, panel="prolific"), "p1")
        assert arrive(link_of(study, panel="generic"), "p1").participant != one.participant

    def test_same_person_in_two_studies_is_two_participants(self, study: Study) -> None:
        one = arrive(link_of(study, panel="prolific"), "p1")
        assert arrive(link_of(study_with(), panel="prolific"), "p1").participant != one.participant

    def test_browser_that_is_known_stays_who_it_is(self, study: Study) -> None:
        sitting = arrive(link_of(study))
        assert arrive(link_of(study), known=sitting.participant) == sitting

    def test_browser_that_is_known_in_another_study_is_new_here(self, study: Study) -> None:
        elsewhere = arrive(link_of(study_with())).participant
        assert arrive(link_of(study), known=elsewhere).participant != elsewhere

    def test_panels_word_counts_more_than_the_browsers(self, study: Study) -> None:
        link = link_of(study, panel="prolific")
        first = arrive(link, "p1")
        assert arrive(link, "p2", known=first.participant).participant != first.participant

    def test_new_submission_while_a_sitting_is_open_belongs_to_it(self, study: Study) -> None:
        link = link_of(study, panel="prolific", role="seeker")
        first = arrive(link, "p1", "x")
        assert arrive(link, "p1", "y") == first
        assert set(first.submissions.values_list("submission", flat=True)) == {"x", "y"}

    def test_new_submission_after_the_end_is_a_new_sitting_and_an_old_one_is_not(self, study: Study) -> None:
        link = link_of(study, panel="prolific", role="seeker")
        first = arrive(link, "p1", "x")
        services.finish_sitting(sitting_id=first.pk)
        assert arrive(link, "p1", "x") == first
        second = arrive(link, "p1", "y")
        assert second != first
        assert second.participant == first.participant
        assert arrive(link, "p1", "y") == second

    def test_role_of_an_earlier_sitting_stays(self, study: Study) -> None:
        link = link_of(study, panel="prolific")
        first = arrive(link, "p1", "x")
        services.choose_role(sitting_id=first.pk, role=Role.SUPPORTER)
        services.finish_sitting(sitting_id=first.pk)
        assert arrive(link, "p1", "y").role == Role.SUPPORTER

    def test_role_is_free_again_where_the_study_lets_people_play_both(self, db: None) -> None:
        link = link_of(study_with(roles_per_person='"both"'), panel="prolific")
        first = arrive(link, "p1", "x")
        services.choose_role(sitting_id=first.pk, role=Role.SUPPORTER)
        services.finish_sitting(sitting_id=first.pk)
        assert arrive(link, "p1", "y").role == ""

    def test_link_of_the_other_role_is_refused_and_nothing_is_made(self, study: Study) -> None:
        first = arrive(link_of(study, role="seeker"))
        other = link_of(study, role="supporter")
        assert refused(lambda: arrive(other, known=first.participant)) == "other_role"
        assert Sitting.objects.count() == 1

    def test_training_is_done_once_in_a_study(self, study: Study) -> None:
        link = link_of(study, panel="prolific", role="supporter")
        first = arrive(link, "p1", "x")
        services.give_consent(sitting_id=first.pk, points=POINTS, country="")
        services.finish_training(sitting_id=first.pk, passed=True)
        services.finish_sitting(sitting_id=first.pk)
        assert next_page(arrive(link, "p1", "y").facts) is Page.LOBBY

    def test_closed_study_takes_nobody_new_and_no_new_submission(self, study: Study) -> None:
        link = link_of(study, panel="prolific", role="seeker")
        inside, done = arrive(link, "p1", "x"), arrive(link, "p2", "x2")
        services.finish_sitting(sitting_id=done.pk)
        close_study(study_id=study.pk)
        link.refresh_from_db()
        assert arrive(link, "p1", "x") == inside
        assert refused(lambda: arrive(link, "p3", "z")) == "study_closed"
        assert refused(lambda: arrive(link, "p2", "new")) == "study_closed"
        assert (Participant.objects.count(), Sitting.objects.count()) == (2, 2)

    def test_whoever_has_had_all_conversations_is_refused_a_new_sitting(self, study: Study) -> None:
        link = link_of(study, panel="prolific", role="seeker")
        sitting = arrive(link, "p1", "x")
        for _ in range(2):
            finish_conversation(sitting)
            services.give_consent(sitting_id=sitting.pk, points=POINTS, country="")
            services.begin_another(sitting_id=sitting.pk)
        assert finish_conversation(sitting) is Page.FINISH
        assert refused(lambda: arrive(link, "p1", "y")) == "no_more"
        assert Sitting.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestArrivingAtOnce:
    def test_one_person_who_comes_many_times_at_once_is_one_in_one_sitting(self, study: Study) -> None:
        link = link_of(study, panel="prolific", role="seeker")
        together = threading.Barrier(4)

        def come() -> int:
            together.wait()
            try:
                return arrive(link, "p1", "x").pk
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            sittings = {coming.result() for coming in [pool.submit(come) for _ in range(4)]}
        assert len(sittings) == 1
        assert (Participant.objects.count(), PanelIdentity.objects.count(), Seat.objects.count()) == (1, 1, 1)

    def test_the_database_itself_keeps_two_identities_and_two_open_sittings_out(self, study: Study) -> None:
        sitting = arrive(link_of(study, panel="prolific"), "p1")
        somebody = Participant.objects.create(study=study)
        with pytest.raises(IntegrityError), transaction.atomic():
            PanelIdentity.objects.create(participant=somebody, study=study, panel="prolific", person="p1")
        with pytest.raises(IntegrityError), transaction.atomic():
            sitting.participant.sittings.create(protocol_version=sitting.protocol_version, panel="prolific")


@pytest.mark.django_db
class TestConsent:
    @pytest.fixture
    def robin(self, study: Study) -> Sitting:
        return arrive(link_of(study))

    def test_agreeing_twice_is_stored_once_with_version_and_time(self, robin: Sitting) -> None:
        for _ in range(2):
            page = services.give_consent(sitting_id=robin.pk, points=[*POINTS, "made up"], country="DE")
            assert page is Page.ROLE
        consent = Consent.objects.get()
        assert (consent.version, consent.points) == (robin.protocol.consent.version, sorted(POINTS))
        assert consent.given_at is not None
        robin.participant.refresh_from_db()
        assert robin.participant.country == "DE"

    def test_less_than_every_point_is_refused(self, robin: Sitting) -> None:
        assert (
            refused(lambda: services.give_consent(sitting_id=robin.pk, points=POINTS[1:], country=""))
            == "points_missing"
        )
        assert not Consent.objects.exists()

    @pytest.mark.parametrize("country", ["XX", "Germany", "de", "\x00"])
    def test_country_that_does_not_exist_is_refused(self, robin: Sitting, country: str) -> None:
        assert (
            refused(lambda: services.give_consent(sitting_id=robin.pk, points=POINTS, country=country))
            == "no_such_country"
        )
        assert not Consent.objects.exists()

    def test_new_version_of_the_consent_is_asked_in_the_next_sitting(self, study: Study) -> None:
        link = link_of(study, panel="prolific", role="seeker")
        first = arrive(link, "p1", "x")
        services.give_consent(sitting_id=first.pk, points=POINTS, country="")
        services.finish_sitting(sitting_id=first.pk)
        Study.objects.filter(pk=study.pk).update(draft=study.draft.replace('version = "2026-11"', 'version = "2"'))
        open_study(study_id=study.pk)
        second = arrive(EntryLink.objects.get(pk=link.pk), "p1", "y")
        assert next_page(second.facts) is Page.CONSENT
        services.give_consent(sitting_id=second.pk, points=POINTS, country="")
        assert set(Consent.objects.values_list("version", flat=True)) == {"2026-11", "2"}


@pytest.mark.django_db
class TestRole:
    def test_first_choice_stands(self, study: Study) -> None:
        robin = arrive(link_of(study))
        for role in (Role.SEEKER, Role.SUPPORTER):
            services.choose_role(sitting_id=robin.pk, role=role)
        robin.refresh_from_db()
        assert (robin.role, robin.seats.count()) == (Role.SEEKER, 1)

    def test_role_without_a_seat_is_refused(self, db: None) -> None:
        text = default_protocol_text().replace('supporter = "person"\nweight = 1', 'supporter = "scripted"\nweight = 1')
        study = create_study(slug="agents", text=text)
        open_study(study_id=study.pk)
        study.refresh_from_db()
        robin = arrive(link_of(study))
        assert refused(lambda: services.choose_role(sitting_id=robin.pk, role=Role.SUPPORTER)) == "no_such_role"
        assert services.choose_role(sitting_id=robin.pk, role=Role.SEEKER) is Page.CONSENT


class TestTheGate:
    def test_whoever_fails_is_finished_and_paid_for_the_training(self, study: Study) -> None:
        pat = join(study, Role.SUPPORTER, until=Page.TRAINING)
        assert services.finish_training(sitting_id=pat.sitting_id, passed=False) is Page.FINISH
        assert pat.sitting.outcome == Outcome.FAILED_TRAINING
        assert pat.sitting.protocol.outcomes[Outcome.FAILED_TRAINING].pay == "minutes"

    def test_decision_stands(self, study: Study) -> None:
        pat = join(study, Role.SUPPORTER, until=Page.TRAINING)
        services.finish_training(sitting_id=pat.sitting_id, passed=True)
        assert services.finish_training(sitting_id=pat.sitting_id, passed=False) is Page.LOBBY


class TestSteps:
    def test_each_step_leads_to_the_next(self, sam: Person) -> None:
        page = services.finish_step(sitting_id=sam.sitting_id, step=Page.LOBBY)
        assert (page, sam.page) == (Page.CHAT, Page.CHAT)
        page = leave_chat(sam)
        assert (page, sam.page) == (Page.SURVEY_AFTER, Page.SURVEY_AFTER)
        page = services.finish_step(sitting_id=sam.sitting_id, step=Page.SURVEY_AFTER)
        assert (page, sam.page) == (Page.ANOTHER, Page.ANOTHER)

    def test_where_not_a_word_was_said_there_is_nothing_to_ask(self, sam: Person) -> None:
        services.finish_step(sitting_id=sam.sitting_id, step=Page.LOBBY)
        assert leave_chat(sam, Outcome.TIMED_OUT, after=AfterChat.NOTHING) is Page.ANOTHER

    def test_finishing_a_step_twice_keeps_the_first_time_and_outcome(self, sam: Person) -> None:
        services.finish_step(sitting_id=sam.sitting_id, step=Page.LOBBY)
        leave_chat(sam)
        first = Seat.objects.get(sitting=sam.sitting_id)
        leave_chat(sam, Outcome.LEFT_EARLY)
        again = Seat.objects.get(sitting=sam.sitting_id)
        assert (again.chat_ended_at, again.outcome) == (first.chat_ended_at, Outcome.COMPLETED)

    def test_step_before_there_is_a_seat_is_refused(self, study: Study) -> None:
        robin = arrive(link_of(study))
        assert refused(lambda: services.finish_step(sitting_id=robin.pk, step=Page.SURVEY_BEFORE)) == "out_of_order"

    def test_another_conversation_begins_with_fresh_questions(self, sam: Person) -> None:
        finish_conversation(sam.sitting)
        assert services.begin_another(sitting_id=sam.sitting_id) is Page.SURVEY_BEFORE
        assert [seat.number for seat in sam.sitting.seats.order_by("number")] == [1, 2]

    def test_another_conversation_before_the_last_is_done_is_refused(self, sam: Person) -> None:
        assert refused(lambda: services.begin_another(sitting_id=sam.sitting_id)) == "out_of_order"

    def test_last_conversation_finishes_the_sitting_with_its_outcome(self, sam: Person) -> None:
        for number in range(3):
            page = finish_conversation(sam.sitting, Outcome.COMPLETED if number == 0 else Outcome.PARTNER_LEFT)
            if number < 2:
                assert page is Page.ANOTHER
                services.begin_another(sitting_id=sam.sitting_id)
        assert page is Page.FINISH
        assert sam.sitting.outcome == Outcome.COMPLETED
        assert refused(lambda: services.begin_another(sitting_id=sam.sitting_id)) == "out_of_order"

    def test_leaving_the_lobby_closes_the_seat_with_an_outcome(self, sam: Person) -> None:
        page = services.finish_sitting(sitting_id=sam.sitting_id, outcome=Outcome.NO_PARTNER)
        assert (page, sam.sitting.outcome) == (Page.FINISH, Outcome.NO_PARTNER)
        seat = sam.sitting.current_seat
        assert seat is not None
        assert seat.outcome == Outcome.NO_PARTNER

    def test_finished_sitting_keeps_its_first_outcome(self, sam: Person) -> None:
        services.finish_sitting(sitting_id=sam.sitting_id, outcome=Outcome.NO_PARTNER)
        finished_at = sam.sitting.finished_at
        services.finish_sitting(sitting_id=sam.sitting_id, outcome=Outcome.LEFT_EARLY)
        assert (sam.sitting.outcome, sam.sitting.finished_at) == (Outcome.NO_PARTNER, finished_at)

    def test_whoever_went_on_in_another_tab_is_not_finished_by_the_first(self, sam: Person) -> None:
        assert finish_conversation(sam.sitting, Outcome.COMPLETED) is Page.ANOTHER
        services.begin_another(sitting_id=sam.sitting_id)
        page = services.finish_sitting(sitting_id=sam.sitting_id, only_on=[Page.ANOTHER])
        assert (page, sam.sitting.finished_at) == (Page.SURVEY_BEFORE, None)
        services.finish_step(sitting_id=sam.sitting_id, step=Page.SURVEY_BEFORE)
        assert services.finish_sitting(sitting_id=sam.sitting_id, only_on=[Page.ANOTHER]) is Page.LOBBY


@pytest.mark.django_db
def test_forgetting_panel_ids_keeps_the_data_and_makes_a_returner_somebody_new(study: Study) -> None:
    link = link_of(study, panel="prolific", role="seeker")
    first = arrive(link, "p1", "x")
    services.forget_panel_ids(participant_id=first.participant_id)
    assert not PanelIdentity.objects.exists()
    assert not first.submissions.exists()
    assert Sitting.objects.filter(pk=first.pk).exists()
    assert arrive(link, "p1", "x").participant != first.participant
