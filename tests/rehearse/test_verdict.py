"""The verdict over a conversation finds every way in which the promise can be broken, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chat.rehearse.verdict import Hearing, Log, Row, Seen, Sent, Verdict, judge, judge_all
from esc.ontology import Role

SEEKER, SUPPORTER = Role.SEEKER, Role.SUPPORTER


def kept() -> Log:
    """a (seeker), b (supporter), c (seeker): sent, acknowledged, shown, committed."""
    log = Log("talk")
    log.sent = {name: Sent(SEEKER, name, f"text {name}", at=0) for name in "ac"}
    log.sent["b"] = Sent(SUPPORTER, "b", "text b", at=0)
    for name, position in {"a": 1, "b": 2, "c": 3}.items():
        log.sent[name].acked = {position}
    log.pages = [Seen(SEEKER, [Hearing(0, [2])], acked={1, 3}), Seen(SUPPORTER, [Hearing(0, [1, 3])], acked={2})]
    log.rows = [Row(1, SEEKER, "a", "text a"), Row(2, SUPPORTER, "b", "text b"), Row(3, SEEKER, "c", "text c")]
    return log


def rows(log: Log) -> list[Row]:
    assert log.rows is not None
    return log.rows


def counts(verdict: Verdict) -> dict[str, int]:
    """How many faults of each kind there are, where there are any."""
    kinds = {
        "lost": verdict.lost,
        "doubled": verdict.doubled,
        "out of order": verdict.out_of_order,
        "stuck": verdict.stuck,
    }
    return {kind: len(faults) for kind, faults in kinds.items() if faults}


def come_back(log: Log) -> None:
    """The seeker's connection broke before c; on the next one the page asked for what came after 1."""
    log.pages[0].hearings = [Hearing(0), Hearing(1, [2, 3])]


def early_ack(log: Log) -> None:
    """The ack of c came before b was shown, and then the connection broke: c is told again, as asked for."""
    log.pages[0].hearings = [Hearing(0), Hearing(1, [2, 3])]
    log.pages[0].acked = {1, 3}


def no_ack_but_shown(log: Log) -> None:
    """The ack of c got lost with the connection; its author learnt from the next welcome that it stands."""
    log.pages[0].acked = {1}
    log.pages[0].hearings = [Hearing(0, [2]), Hearing(2, [3])]


def closed_early(log: Log) -> None:
    log.pages[1].hearings[0].positions = [1]
    log.pages[1].is_open = False


def dropped_out(log: Log) -> None:
    """The seeker left while c was on its way."""
    log.gone = {SEEKER}
    log.sent["c"].acked = set()
    log.pages[0].is_open = False
    rows(log).pop()
    log.pages[1].hearings[0].positions = [1]


def told_that_it_came_after_the_end(log: Log) -> None:
    rows(log).pop()
    log.sent["c"].acked, log.sent["c"].refused = set(), "ended"
    log.pages[0].acked = {1}
    log.pages[1].hearings[0].positions = [1]


def two_tabs(log: Log) -> None:
    """c was sent from one tab before a from another one; nobody promised an order between the two."""
    log.sent = {name: log.sent[name] for name in "cab"}
    log.sent["c"].tab = 1


@pytest.mark.parametrize(
    "happens",
    [come_back, early_ack, no_ack_but_shown, closed_early, dropped_out, told_that_it_came_after_the_end, two_tabs],
)
def test_what_the_promise_allows(happens: Callable[[Log], None]) -> None:
    log = kept()
    happens(log)
    assert judge(log) == Verdict()


def not_committed(log: Log) -> None:
    rows(log).pop()


def other_text(log: Log) -> None:
    rows(log)[2] = Row(3, SEEKER, "c", "text of somebody else")


def other_author(log: Log) -> None:
    rows(log)[2] = Row(3, SUPPORTER, "c", "text c")


def gap(log: Log) -> None:
    rows(log)[2] = Row(4, SEEKER, "c", "text c")
    log.sent["c"].acked = {4}
    log.pages[0].acked, log.pages[1].hearings[0].positions = {1, 4}, [1, 4]


def not_delivered(log: Log) -> None:
    log.pages[1].hearings[0].positions = [1]


def not_delivered_to_the_second_tab(log: Log) -> None:
    log.pages.append(Seen(SUPPORTER, [Hearing(0, [1, 2])]))


def committed_twice(log: Log) -> None:
    rows(log).append(Row(4, SEEKER, "c", "text c"))
    for page in log.pages:
        page.hearings[0].positions.append(4)


def acknowledged_twice(log: Log) -> None:
    log.sent["c"].acked = {3, 2}


def nobody_sent_it(log: Log) -> None:
    rows(log).append(Row(4, SEEKER, "d", "text d"))
    for page in log.pages:
        page.hearings[0].positions.append(4)


def shown_twice(log: Log) -> None:
    log.pages[1].hearings[0].positions = [1, 3, 3]


def shown_although_known(log: Log) -> None:
    log.pages[1].hearings.append(Hearing(3, [3]))


def shown_backwards(log: Log) -> None:
    log.pages[1].hearings[0].positions = [3, 1]


def overtaken(log: Log) -> None:
    log.sent = {name: log.sent[name] for name in "cba"}


def no_answer(log: Log) -> None:
    log.sent["d"] = Sent(SEEKER, "d", "text d", at=0)


def refused_for_good(log: Log) -> None:
    log.sent["d"] = Sent(SUPPORTER, "d", "text d", at=0, refused="strategy_required")


def never_read(log: Log) -> None:
    log.rows = None


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        (not_committed, {"lost": 1}),
        (other_text, {"lost": 1}),
        (other_author, {"lost": 1}),
        (gap, {"lost": 1}),
        (not_delivered, {"lost": 1}),
        (not_delivered_to_the_second_tab, {"lost": 1}),
        (committed_twice, {"doubled": 1}),
        (acknowledged_twice, {"lost": 1, "doubled": 1}),
        (nobody_sent_it, {"doubled": 1}),
        (shown_twice, {"doubled": 1}),
        (shown_although_known, {"doubled": 1}),
        (shown_backwards, {"out of order": 1}),
        (overtaken, {"out of order": 1}),
        (no_answer, {"stuck": 1}),
        (refused_for_good, {"stuck": 1}),
        (never_read, {"stuck": 1}),
    ],
)
def test_what_breaks_it_is_found(happens: Callable[[Log], None], expected: dict[str, int]) -> None:
    log = kept()
    happens(log)
    assert counts(judge(log)) == expected


def test_a_fault_says_where_it_is() -> None:
    log = kept()
    not_delivered(log)
    assert judge(log).lost == ["talk: the supporter's page was never told of [3]"]


def test_the_faults_of_several_conversations_add_up() -> None:
    logs = [kept(), kept(), kept()]
    not_committed(logs[0])
    shown_twice(logs[2])
    verdict = judge_all(logs)
    assert counts(verdict) == {"lost": 1, "doubled": 1}
    assert not verdict.is_kept
    assert judge_all([kept()]).is_kept
