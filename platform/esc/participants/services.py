"""What happens to a participant between two pages. Every step ends in `finish_step`; the journey names what is next."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django_countries import countries

from esc.errors import Refusal
from esc.ontology import Outcome, Role
from esc.participants.journey import AfterChat, Page, Training, next_page
from esc.participants.models import PanelIdentity, PanelSubmission, Participant, Seat, Sitting
from esc.participants.outcomes import outcome_of_sitting
from esc.participants.settling import settle, settle_training
from esc.studies.arms import draw_arm, roles_of
from esc.studies.models import EntryLink

STEP_COLUMNS = {
    Page.SURVEY_BEFORE: "survey_before_at",
    Page.LOBBY: "paired_at",
    Page.SURVEY_AFTER: "survey_after_at",
}


@transaction.atomic
def arrive(*, link: EntryLink, person: str, submission: str, known: UUID | None) -> Sitting:
    """The sitting in which the person who came by this link now is; the same person always lands in the same seat.

    `person` and `submission` are the panel's ids ("" for a direct link); `known` is who this browser already is.
    Refuses (`study_closed`) newcomers where the study does not take people, and (`other_role`) whoever already takes
    part in the other role in this browser.
    """
    participant = _participant(link=link, person=person, known=known)
    participant = Participant.objects.select_for_update().get(pk=participant.pk)  # who comes twice at once comes once
    sitting = participant.current_sitting
    if sitting is None or (sitting.finished_at and submission and _is_new(sitting, submission)):
        sitting = _sit_down(participant=participant, link=link)
    if link.role and sitting.role and link.role != sitting.role:
        raise Refusal(
            "other_role",
            f"In this browser you already take part as a {sitting.role}. To try the other part yourself, open the link "
            "in a private window or in another browser.",
        )
    if submission:
        sitting.submissions.get_or_create(submission=submission)
    return sitting


def _participant(*, link: EntryLink, person: str, known: UUID | None) -> Participant:
    """Who came: the panel's known person, this browser's known person, or somebody new."""
    if person:
        return _known_to_panel(link, person) or _newcomer_of_panel(link, person)
    if known and (participant := Participant.objects.filter(pk=known, study=link.study).first()):
        return participant
    _require_open(link)
    return Participant.objects.create(study=link.study)


def _known_to_panel(link: EntryLink, person: str) -> Participant | None:
    identities = PanelIdentity.objects.select_related("participant")
    identity = identities.filter(study=link.study, panel=link.panel, person=person).first()
    return identity.participant if identity else None


def _newcomer_of_panel(link: EntryLink, person: str) -> Participant:
    """Somebody new; or, where the same person came by another request just now, who was made there."""
    _require_open(link)
    try:
        with transaction.atomic():
            participant = Participant.objects.create(study=link.study)
            PanelIdentity.objects.create(participant=participant, study=link.study, panel=link.panel, person=person)
            return participant
    except IntegrityError:
        if (known := _known_to_panel(link, person)) is None:
            raise
        return known


def _require_open(link: EntryLink) -> None:
    if not link.study.is_open:
        raise Refusal(
            "study_closed",
            "This study is not taking new people at the moment. Thank you for your interest.",
            status=HTTPStatus.FORBIDDEN,
        )


def _require_welcome(participant: Participant) -> None:
    """Refuses (`removed`) whom a researcher removed."""
    if Seat.objects.filter(sitting__participant=participant, outcome=Outcome.REMOVED).exists():
        raise Refusal(
            "removed",
            "A researcher has ended your part in this study, so you cannot join it again.",
            status=HTTPStatus.FORBIDDEN,
        )


def _is_new(sitting: Sitting, submission: str) -> bool:
    return not sitting.participant.sittings.filter(submissions__submission=submission).exists()


def _sit_down(*, participant: Participant, link: EntryLink) -> Sitting:
    """A new sitting under the study's newest version, with a role where the link or an earlier sitting fixes one."""
    _require_open(link)
    _require_welcome(participant)
    version = link.study.version
    earlier = participant.current_sitting
    role = link.role
    if earlier and earlier.role and version.protocol.study.roles_per_person == "one":
        role = earlier.role
    sitting = Sitting.objects.create(participant=participant, protocol_version=version, panel=link.panel, arm=link.arm)
    if role:
        _take_role(sitting, Role(role))
        if not sitting.conversations_left:
            raise Refusal("no_more", "You have already done all the conversations that this study offers. Thank you!")
    return sitting


@transaction.atomic
def give_consent(*, sitting_id: int, points: Iterable[str], country: str) -> Page:
    """The person agreed to every point of the current consent. Refuses anything less (`points_missing`).

    `country` is an ISO 3166-1 alpha-2 code or ""; anything else is refused (`no_such_country`).
    """
    sitting = _locked(sitting_id)
    consent, given = sitting.protocol.consent, set(points)
    if missing := consent.points.keys() - given:
        raise Refusal("points_missing", f"Please read and tick every box to take part ({len(missing)} not ticked yet).")
    if country and country not in dict(countries):
        raise Refusal("no_such_country", "Please choose your country from the list, or leave it out.")
    sitting.participant.consents.get_or_create(
        version=consent.version,
        defaults={"points": sorted(consent.points), "protocol_version": sitting.protocol_version},
    )
    Participant.objects.filter(pk=sitting.participant_id).update(country=country)
    _begin_training(sitting)
    return next_page(sitting.facts)


@transaction.atomic
def choose_role(*, sitting_id: int, role: Role) -> Page:
    """The person takes that role for this sitting; choosing again changes nothing. Refuses a role without seats."""
    sitting = _locked(sitting_id)
    if role not in roles_of(sitting.protocol):
        raise Refusal("no_such_role", "This study has no place in that role. Please choose the other one.")
    if not sitting.role:
        _take_role(sitting, role)
    return next_page(sitting.facts)


def _take_role(sitting: Sitting, role: Role) -> None:
    sitting.role = role
    _require_rested(sitting)
    sitting.arm = sitting.arm or draw_arm(
        sitting.protocol, role, lambda arms, weights: random.SystemRandom().choices(arms, weights)[0]
    )
    sitting.save(update_fields=["role", "arm"])
    sitting.seats.create(number=1, role=role)
    _begin_training(sitting)


def _begin_training(sitting: Sitting) -> None:
    """From when the training's first page is the person's own, its time counts."""
    if sitting.training_began_at is None and next_page(sitting.facts) is Page.TRAINING:
        sitting.training_began_at = timezone.now()
        sitting.save(update_fields=["training_began_at"])


@transaction.atomic
def finish_training(*, sitting_id: int, passed: bool, attempts: int = 1) -> Page:
    """The supporter's gate is decided, once per study. Whoever failed is finished, and paid for the training.

    `attempts` are those at the examination that were handed in: each further one adds to what is paid at most.
    """
    sitting = _locked(sitting_id)
    Participant.objects.filter(pk=sitting.participant_id, training="").update(
        training=Training.PASSED if passed else Training.FAILED
    )
    sitting.participant.refresh_from_db()
    if sitting.training_ended_at is None:
        sitting.training_ended_at = timezone.now()
        sitting.save(update_fields=["training_ended_at"])
        settle_training(sitting, attempts=attempts)
    if sitting.participant.training == Training.FAILED:
        _finish(sitting, Outcome.FAILED_TRAINING)
    return next_page(sitting.facts)


@transaction.atomic
def reopen_training(*, sitting_id: int) -> Page:
    """The gate is undecided again, and a sitting that ended at it goes on: the person comes back by their link.

    Refuses (`out_of_order`) a sitting that ended in another way. What is paid is settled again when it ends.
    """
    sitting = _locked(sitting_id)
    if sitting.finished_at and sitting.outcome != Outcome.FAILED_TRAINING:
        raise Refusal("out_of_order", "This visit did not end at the training, so it stays as it is.")
    Participant.objects.filter(pk=sitting.participant_id).update(training="")
    sitting.seats.filter(outcome=Outcome.FAILED_TRAINING).update(outcome="")
    sitting.finished_at, sitting.outcome, sitting.training_ended_at = None, "", None
    sitting.save(update_fields=["finished_at", "outcome", "training_ended_at"])
    sitting.participant.refresh_from_db()
    return next_page(sitting.facts)


@transaction.atomic
def finish_step(*, sitting_id: int, step: Page) -> Page:
    """The step is done at the person's current seat; doing it twice changes nothing. Comes back with the next page.

    After the last survey of the last conversation the sitting is finished, too. The chat ends by `leave_chat`.
    """
    sitting = _locked(sitting_id)
    seat, column = _current(sitting), STEP_COLUMNS[step]
    Seat.objects.filter(pk=seat.pk, **{f"{column}__isnull": True}).update(**{column: timezone.now()})
    if step is Page.SURVEY_AFTER and not sitting.conversations_left:
        _finish(sitting)
    return next_page(sitting.facts)


@transaction.atomic
def leave_chat(*, sitting_id: int, outcome: Outcome, after: AfterChat, chatted: timedelta) -> Page:
    """The person's conversation is over: they have this outcome, are paid by it and go on to what comes after it.

    Doing it twice changes nothing. Comes back with the next page.
    """
    sitting = _locked(sitting_id)
    seat = _current(sitting)
    Seat.objects.filter(pk=seat.pk, chat_ended_at__isnull=True).update(
        chat_ended_at=timezone.now(),
        outcome=outcome,
        after_chat=after,
        chatted_s=max(0, round(chatted.total_seconds())),
    )
    settle(seat_id=seat.pk)
    return next_page(sitting.facts)


def _current(sitting: Sitting) -> Seat:
    seat = sitting.current_seat
    if seat is None:
        raise Refusal("out_of_order", "This step comes later. Please go on from the page you are on.")
    return seat


@transaction.atomic
def go_to_front(*, sitting_id: int) -> Page:
    """Whoever was left before a real chat has a new seat, at the front of the queue; the old one does not count.

    Refuses (`out_of_order`) everyone else.
    """
    sitting = _locked(sitting_id)
    if next_page(sitting.facts) is not Page.LEFT:
        raise Refusal("out_of_order", "Please go on from the page you are on.")
    left = _current(sitting)
    sitting.seats.create(number=left.number + 1, role=sitting.role, instead_of=left)
    return next_page(sitting.facts)


@transaction.atomic
def begin_another(*, sitting_id: int) -> Page:
    """A seat for the next conversation of this sitting. Refuses before the last one is done, or after the last one."""
    sitting = _locked(sitting_id)
    if next_page(sitting.facts) is not Page.ANOTHER:
        raise Refusal("out_of_order", "Please finish this conversation and its questions first.")
    if not sitting.conversations_left:
        raise Refusal("no_more", "You have already done all the conversations that this study offers. Thank you!")
    _require_rested(sitting)
    last = sitting.current_seat
    sitting.seats.create(number=last.number + 1 if last else 1, role=sitting.role)
    return next_page(sitting.facts)


def _require_rested(sitting: Sitting) -> None:
    """Refuses (`rest`) a supporter who has begun as many conversations today as one day should have."""
    if sitting.conversations_left and not sitting.left_today(timezone.now()):
        raise Refusal(
            "rest",
            "You have supported as many people today as is good for one day. Thank you! Please come back tomorrow: "
            f"a new day begins at midnight ({sitting.protocol.study.time_zone} time).",
        )


@transaction.atomic
def finish_sitting(*, sitting_id: int, outcome: Outcome | None = None, only_on: Collection[Page] = tuple(Page)) -> Page:
    """The sitting is over and has its one completion code; `outcome` closes a seat that never had a conversation.

    Whoever is on none of the pages `only_on` by now (they went on in another tab) goes on from where they are.
    """
    sitting = _locked(sitting_id)
    if next_page(sitting.facts) in only_on:
        _finish(sitting, outcome)
    return next_page(sitting.facts)


@transaction.atomic
def remove_from_study(*, seat_id: int) -> None:
    """A researcher's decision: the outcome at this seat is `removed`, and so it is paid; the person's way is over.

    A conversation that goes on has to be ended before.
    """
    seat = Seat.objects.get(pk=seat_id)
    if seat.sitting_id is None:
        raise ValueError(f"{seat} has no sitting: nobody can be removed from it")
    sitting = _locked(seat.sitting_id)
    sitting.seats.filter(pk=seat_id).update(outcome=Outcome.REMOVED)
    settle(seat_id=seat_id)
    for unfinished in sitting.participant.sittings.filter(finished_at__isnull=True):
        _finish(_locked(unfinished.pk), Outcome.REMOVED)
    sitting.refresh_from_db()
    sitting.outcome = outcome_of_sitting(_outcomes(sitting))
    sitting.save(update_fields=["outcome"])


@transaction.atomic
def forget_panel_ids(*, participant_id: UUID) -> None:
    """No panel's id of this person or of their submissions is stored any more: they are anonymous, their data stay.

    Whoever comes back from the panel afterwards is somebody new.
    """
    PanelIdentity.objects.filter(participant_id=participant_id).delete()
    PanelSubmission.objects.filter(sitting__participant_id=participant_id).delete()


def _finish(sitting: Sitting, outcome: Outcome | None = None) -> None:
    if sitting.finished_at:
        return
    if outcome is not None:
        sitting.seats.filter(outcome="").update(outcome=outcome)
    for seat_id in sitting.seats.exclude(outcome="").values_list("pk", flat=True):
        settle(seat_id=seat_id)
    sitting.finished_at = timezone.now()
    sitting.outcome = outcome_of_sitting(_outcomes(sitting))
    sitting.save(update_fields=["finished_at", "outcome"])


def _outcomes(sitting: Sitting) -> list[Outcome]:
    return [Outcome(value) for value in sitting.seats.order_by("number").values_list("outcome", flat=True) if value]


def _locked(sitting_id: int) -> Sitting:
    return (
        Sitting.objects.select_for_update(of=("self",))
        .select_related("participant__study", "protocol_version")
        .get(pk=sitting_id)
    )
