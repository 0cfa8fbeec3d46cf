"""What the filter refuses is drawn again, three times at most, and then we say something ourselves."""

from __future__ import annotations

from esc.ontology import Role
from esc.studies.loading import default_protocol_text, parse_protocol
from modelserve.drawing import Drawn, Task, draw
from modelserve.engines.base import Context, Failure, Heard
from modelserve.filtering import Limits
from tests.modelserve.engines import Says

PROTOCOL = parse_protocol(default_protocol_text())
LIMITS = Limits(PROTOCOL.danger, PROTOCOL.strategy_names)
SAFE = {(reply.strategy, reply.text) for reply in PROTOCOL.safe_replies}


def task(seed: int = 1, *own: str) -> Task:
    said = (Heard(Role.SEEKER, "Hi"), *(Heard(Role.SUPPORTER, text, "Question") for text in own))
    return Task(Context(said, seed), LIMITS, PROTOCOL.safe_replies)


def drawn(one: Drawn | Failure) -> Drawn:
    assert isinstance(one, Drawn)
    return one


def test_what_may_be_said_is_drawn_once_with_its_own_seed() -> None:
    engine = Says(["How are you?", "What happened?"])
    first, second = (drawn(one) for one in draw(engine, [task(1), task(2)]))
    assert (first.reply.text, first.seed, first.refused) == ("How are you?", 1, ())
    assert (second.reply.text, second.seed) == ("What happened?", 2)
    assert len(engine.asked) == 1


def test_only_what_was_refused_is_drawn_again_with_another_seed() -> None:
    engine = Says(["", "What happened?", "no no no no"], ["", "And then?"], ["How are you?"])
    first, second, third = (drawn(one) for one in draw(engine, [task(1), task(2), task(3)]))
    assert [len(batch) for batch in engine.asked] == [3, 2, 1]
    assert (first.reply.text, first.refused) == ("How are you?", ("empty", "empty"))
    assert second.refused == ()
    assert (third.reply.text, third.refused) == ("And then?", ("loops",))
    seeds = [context.seed for batch in engine.asked for context in batch]
    assert len(set(seeds)) == 6
    assert first.seed == seeds[-1]
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_drawing_again_costs_time_that_is_counted() -> None:
    (one,) = draw(Says([""], ["What happened?"]), [task()])
    assert drawn(one).reply.seconds == 0.5


def test_after_three_more_draws_it_is_one_of_our_own_replies() -> None:
    engine = Says(["<|endoftext|>"])
    (one,) = draw(engine, [task()])
    assert len(engine.asked) == 4
    assert drawn(one).is_safe_reply
    assert drawn(one).refused == ("special_tokens",) * 4
    assert (drawn(one).reply.strategy, drawn(one).reply.text) in SAFE


def test_our_own_replies_do_not_repeat_while_others_are_left() -> None:
    own: list[str] = []
    for _ in PROTOCOL.safe_replies:
        (one,) = draw(Says([""]), [task(7, *own)])
        own.append(drawn(one).reply.text)
    assert len(set(own)) == len(PROTOCOL.safe_replies)
    (one,) = draw(Says([""]), [task(7, *own)])
    assert drawn(one).reply.text in own, "there is always something to say"


def test_the_same_task_has_the_same_reply() -> None:
    assert draw(Says([""]), [task(5)]) == draw(Says([""]), [task(5)])


def test_a_row_that_failed_harms_no_other() -> None:
    first, second = draw(Says([None, "What happened?"]), [task(1), task(2)])
    assert first == Failure("the server did not answer", 0.5)
    assert drawn(second).reply.text == "What happened?"


def test_a_row_that_fails_when_it_is_drawn_again_has_failed() -> None:
    assert draw(Says([""], [None]), [task()]) == [Failure("the server did not answer", 0.5)]
