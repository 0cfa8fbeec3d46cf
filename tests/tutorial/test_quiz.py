from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from esc.ontology import Stage, Strategy
from tutorial.quiz import Answered, Mark, draw, mark, options_of, to_reread
from tutorial.shape import Item

LESSONS = {f"{lesson}-{number}": lesson for lesson in ("one", "two", "three", "more") for number in range(4)}
CORE = {"one", "two", "three"}
STRATEGIES, STAGES = [str(name) for name in Strategy], [str(name) for name in Stage]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("number", [3, 4, 6, 11, 16])
def test_questions_are_spread_evenly_and_stages_and_strategies_come_first(seed: int, number: int) -> None:
    drawn = draw(LESSONS, CORE, number, {}, Random(seed))
    asked = Counter(LESSONS[question] for question in drawn)
    assert len(set(drawn)) == number
    assert max(asked.values()) - min(asked[lesson] for lesson in CORE) <= 1
    assert min(asked[lesson] for lesson in CORE) >= asked["more"]


def test_the_same_seed_draws_the_same_and_another_one_differently() -> None:
    assert draw(LESSONS, CORE, 8, {}, Random(7)) == draw(LESSONS, CORE, 8, {}, Random(7))
    assert len({tuple(draw(LESSONS, CORE, 8, {}, Random(seed))) for seed in range(20)}) == 20


def test_what_somebody_has_not_seen_comes_first() -> None:
    seen = {question: 1 for question in LESSONS if not question.endswith("3")}
    assert set(draw(LESSONS, CORE, 4, seen, Random(1))) == {"one-3", "two-3", "three-3", "more-3"}


def test_no_more_are_drawn_than_there_are() -> None:
    assert sorted(draw(LESSONS, CORE, 99, {}, Random(1))) == sorted(LESSONS)


def item(kind: str, **more: object) -> Item:
    talk = [{"seeker": "It rains."}] if kind == "reply" else [{"supporter": "Where?", "aim": "To know."}]
    if kind == "order":
        talk = [{"supporter": "Where?", "aim": "To know."}] * 3
    return Item.model_validate({"id": "rain", "kind": kind, "talk": talk, **more})


@pytest.mark.parametrize(
    ("asked", "options", "right"),
    [
        (item("strategy", answer="Others"), STRATEGIES, "Others"),
        (item("stage", answer="Action"), STAGES, "Action"),
        (item("reply", right="Yes", wrong=["No", "Perhaps"]), ["No", "Perhaps", "Yes"], "Yes"),
        (
            item("order", stages=["Exploration", "Action", "Exploration"]),
            [
                "Action → Exploration → Exploration",
                "Exploration → Action → Exploration",
                "Exploration → Exploration → Action",
            ],
            "Exploration → Action → Exploration",
        ),
    ],
)
def test_every_kind_has_its_options_in_an_order_that_is_drawn(asked: Item, options: list[str], right: str) -> None:
    found = [options_of(asked, STRATEGIES, STAGES, Random(seed)) for seed in range(30)]
    assert all(sorted(given) == sorted(options) and answer == right for given, answer in found)
    assert len({tuple(given) for given, _ in found}) > 3
    assert len({given.index(right) for given, _ in found}) == len(options)


@pytest.mark.parametrize(("rights", "pass_mark", "expected"), [
    ([True, True, False], 2, Mark(2, True)),
    ([True, False, False], 2, Mark(1, False)),
    ([], 1, Mark(0, False)),
])  # fmt: skip
def test_marking(rights: list[bool], pass_mark: int, expected: Mark) -> None:
    assert mark(rights, pass_mark=pass_mark) == expected


def test_advice_names_both_lessons_that_were_confused_in_the_lessons_order() -> None:
    answers = [
        Answered("information", "Question", right=False),
        Answered("boundaries", "Some reply", right=False),
        Answered("others", "Others", right=True),
    ]
    about = {"Question": "question", "Information": "information", "Others": "others"}
    order = ["question", "information", "others", "boundaries"]
    assert to_reread(answers, about, order) == ["question", "information", "boundaries"]
    assert to_reread([Answered("others", "Others", right=True)], about, order) == []
