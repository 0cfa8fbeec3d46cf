"""The ledger's rows: what each seat and the training of a sitting are paid, as the protocol's rules have it."""

from __future__ import annotations

from esc.ontology import Outcome
from esc.participants.ledger import Line, line_of_seat, line_of_training
from esc.participants.models import LedgerLine, Seat, Sitting


def settle(*, seat_id: int) -> LedgerLine:
    """The seat's line is what its outcome and its times come to now; doing it again changes nothing but that."""
    seat = Seat.objects.select_related("sitting__protocol_version").get(pk=seat_id)
    if seat.sitting is None:
        raise ValueError(f"{seat} has no sitting: nobody is paid for it")
    protocol = seat.sitting.protocol
    rule = protocol.outcomes[Outcome(seat.outcome)].pay
    line = line_of_seat(protocol.pay, rule, waited_s=seat.waited_s, chatted_s=seat.chatted_s)
    return _write(seat.sitting, seat, line)


def settle_training(sitting: Sitting, *, attempts: int) -> LedgerLine:
    """The line of a training that has ended after so many attempts, whether it was passed or not."""
    began, ended = sitting.training_began_at, sitting.training_ended_at
    trained_s = round((ended - began).total_seconds()) if began and ended else 0
    return _write(sitting, None, line_of_training(sitting.protocol, trained_s=trained_s, attempts=attempts))


def _write(sitting: Sitting, seat: Seat | None, line: Line) -> LedgerLine:
    row, _ = LedgerLine.objects.update_or_create(
        sitting=sitting,
        seat=seat,
        defaults={**vars(line), "currency": sitting.protocol.pay.currency},
    )
    return row
