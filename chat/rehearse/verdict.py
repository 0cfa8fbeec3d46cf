"""Whether a conversation kept its promise: what was sent and acknowledged, what each page showed, what the rows say.

Pure. A `Log` is written while a conversation goes on; `judge` reads it when it is over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from esc.ontology import Role

ENDED = "ended"  # a message that came after the end: its author was told so


@dataclass
class Sent:
    """One message, as its author knows it."""

    author: Role
    client_id: str
    text: str
    at: float  # seconds; when it was first handed to a socket
    tab: int = 0  # from which of its author's tabs; two tabs send in no order
    acked: set[int] = field(default_factory=set)  # the positions at which its author was told that it stands
    refused: str = ""  # the code of a refusal that stands


@dataclass
class Hearing:
    """One connection of a page: the position it asked to be told after, and those it was told, as they came."""

    after: int
    positions: list[int] = field(default_factory=list)


@dataclass
class Seen:
    """One page, from its loading to its closing, over all of its connections."""

    role: Role
    hearings: list[Hearing] = field(default_factory=list)
    acked: set[int] = field(default_factory=set)
    is_open: bool = True  # at the end; whoever closes a page misses what comes later

    @property
    def known(self) -> set[int]:
        return self.acked.union(*(hearing.positions for hearing in self.hearings))


@dataclass(frozen=True)
class Row:
    """One committed utterance, as the server tells it when everything is over."""

    position: int
    role: Role
    client_id: str
    text: str


@dataclass
class Log:
    """Everything about one conversation. `rows` is None until it was read."""

    name: str
    sent: dict[str, Sent] = field(default_factory=dict)  # by client_id, in the order of sending
    pages: list[Seen] = field(default_factory=list)
    rows: list[Row] | None = None
    gone: set[Role] = field(default_factory=set)  # who dropped out, as planned


@dataclass
class Verdict:
    """Each fault in a sentence. All empty: the promise was kept."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)

    @property
    def is_kept(self) -> bool:
        return not (self.lost or self.doubled or self.out_of_order or self.stuck)

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.out_of_order + other.out_of_order,
            self.stuck + other.stuck,
        )


def judge(log: Log) -> Verdict:
    """What went wrong in this conversation."""
    if log.rows is None:
        return Verdict(stuck=[f"{log.name}: nobody came to an end and read its rows"])
    verdict = Verdict(
        lost=[*_lost_rows(log, log.rows), *_not_shown(log, log.rows)],
        doubled=[*_doubled_rows(log, log.rows), *_shown_twice(log)],
        out_of_order=[*_overtaken(log, log.rows), *_shown_out_of_order(log)],
        stuck=[*_unanswered(log)],
    )
    for faults in (verdict.lost, verdict.doubled, verdict.out_of_order, verdict.stuck):
        faults[:] = [f"{log.name}: {fault}" for fault in faults]
    return verdict


def judge_all(logs: Iterable[Log]) -> Verdict:
    return sum((judge(log) for log in logs), Verdict())


def _lost_rows(log: Log, rows: list[Row]) -> Iterator[str]:
    at = {row.position: row for row in rows}
    for position in set(range(1, len(rows) + 1)) - at.keys():
        yield f"there is no utterance {position}"
    for sent in log.sent.values():
        for position in sent.acked:
            row = at.get(position)
            if row is None or (row.client_id, row.role, row.text) != (sent.client_id, sent.author, sent.text):
                yield f"the {sent.author}'s {sent.client_id} was acknowledged as {position}, where it does not stand"


def _not_shown(log: Log, rows: list[Row]) -> Iterator[str]:
    committed = {row.position for row in rows}
    for page in log.pages:
        if page.is_open and (missing := sorted(committed - page.known)):
            yield f"the {page.role}'s page was never told of {missing}"


def _doubled_rows(log: Log, rows: list[Row]) -> Iterator[str]:
    for client_id, times in Counter(row.client_id for row in rows).items():
        if times > 1:
            yield f"{client_id} stands there {times} times"
        if client_id not in log.sent:
            yield f"{client_id} stands there, and nobody sent it"
    for sent in log.sent.values():
        if len(sent.acked) > 1:
            yield f"{sent.client_id} was acknowledged as {sorted(sent.acked)}"


def _shown_twice(log: Log) -> Iterator[str]:
    for page in log.pages:
        for hearing in page.hearings:
            for position, times in Counter(hearing.positions).items():
                if times > 1 or position <= hearing.after:
                    yield f"the {page.role}'s page was told of {position} again"


def _overtaken(log: Log, rows: list[Row]) -> Iterator[str]:
    """What was sent from one tab stands in the order in which it was sent."""
    position = {row.client_id: row.position for row in rows}
    last: dict[tuple[Role, int], int] = {}
    for sent in log.sent.values():
        stands, tab = position.get(sent.client_id, 0), (sent.author, sent.tab)
        if 0 < stands < last.get(tab, 0):
            yield f"the {sent.author}'s {sent.client_id} stands at {stands}, before what was sent before it"
        last[tab] = max(stands, last.get(tab, 0))


def _shown_out_of_order(log: Log) -> Iterator[str]:
    for page in log.pages:
        for hearing in page.hearings:
            for earlier, later in zip(hearing.positions, hearing.positions[1:], strict=False):
                if later < earlier:
                    yield f"the {page.role}'s page was told of {later} after {earlier}"


def _unanswered(log: Log) -> Iterator[str]:
    for sent in log.sent.values():
        if not sent.acked and not sent.refused and sent.author not in log.gone:
            yield f"the {sent.author}'s {sent.client_id} has no answer"
        if sent.refused and sent.refused != ENDED:
            yield f"the {sent.author}'s {sent.client_id} was refused for good ({sent.refused})"
