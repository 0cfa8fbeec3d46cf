"""The scripted supporter: picks a strategy by the stage of the conversation, then a line of that strategy."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from random import Random

from esc.ontology import Role, Stage, Strategy
from modelserve.engines.base import Context, Reply
from modelserve.engines.scripted.hearing import Hearing, listen
from modelserve.engines.scripted.lines import Group, Line, groups

# The seeker's turns in each stage (paper, Figure 2: first explore, then comfort, then act), and in each round after
# that; and how likely each group of lines is in it.
FIRST_ROUND = (Stage.EXPLORATION,) * 4 + (Stage.COMFORTING,) * 2 + (Stage.ACTION,) * 4
LATER_ROUND = (Stage.EXPLORATION,) * 2 + (Stage.COMFORTING,) * 2 + (Stage.ACTION,) * 3
PLAN: Mapping[Stage, Mapping[str, float]] = {
    Stage.EXPLORATION: {"question": 5, "restatement": 4, "reflection": 2},
    Stage.COMFORTING: {"reflection": 4, "affirmation": 4},
    Stage.ACTION: {"suggestion": 5, "information": 3, "affirmation": 2},
}
# Where these are the moment, no other group will do: a line is rather said again.
BINDING = ("danger", "program", "goodbye", "better", "thanks")


class ScriptedEngine:
    """Reflective listening from a script. It never uses Self-disclosure: a program has nothing of its own to tell."""

    @property
    def speaks(self) -> frozenset[str]:
        return frozenset(group.strategy.value for group in groups().values())

    def reply(self, contexts: Sequence[Context]) -> list[Reply]:
        """One reply for each context, in their order."""
        begun = time.perf_counter()
        said = [say(context) for context in contexts]
        seconds = time.perf_counter() - begun
        return [Reply(strategy.value, text, len(text.split()), seconds) for strategy, text in said]


def say(context: Context) -> tuple[Strategy, str]:
    """A strategy and a text; no line comes twice in a conversation while others are left. A pure function."""
    dice = Random(context.seed)  # noqa: S311 — a choice of words, no secret
    own = [heard for heard in context.utterances if heard.role is Role.SUPPORTER]
    hearing = listen(context.utterances)
    candidates = candidate_groups(hearing, own[-1].strategy if own else None, dice)
    ages = {line: _last_said(line, [heard.text for heard in own]) for group in candidates for line in group.lines}
    for group in candidates:
        if fresh := [line for line in group.lines if ages[line] < 0 and line.fits(hearing.words)]:
            return group.strategy, dice.choice(fresh).filled(hearing.words)
    strategy, line = min(_fitting(candidates, hearing), key=lambda choice: ages[choice[1]])
    return strategy, line.filled(hearing.words)


def candidate_groups(hearing: Hearing, last_strategy: str | None, dice: Random) -> list[Group]:
    """The groups that may speak now, the best first. `last_strategy` is the supporter's own, None before its first."""
    known = groups()
    if hearing.moment in BINDING:
        return [known[hearing.moment]]
    if last_strategy is None:
        first = "opening" if not hearing.turns else "greeting" if hearing.moment == "greeting" else "welcome"
        return [known[first]]
    ahead = []
    if hearing.little:
        ahead = ["first_question"]
    elif hearing.moment == "advice":
        ahead = ["suggestion"]
    elif hearing.moment == "asked":
        ahead = ["asked"]
    planned = [known[name] for name in _drawn(PLAN[stage_of(hearing.turns)], dice)]
    planned.sort(key=lambda group: group.strategy == last_strategy)  # stable: another strategy than last time first
    reserve = [known[name] for name in _drawn({name: 1 for plan in PLAN.values() for name in plan}, dice)]
    later = [known["later_question"]]
    if hearing.turns > len(FIRST_ROUND):
        planned = [known["later_question"] if group.name == "question" else group for group in planned]
    return [*(known[name] for name in ahead), *planned, *reserve, *later]


def stage_of(turns: int) -> Stage:
    """The stage at the seeker's turn of that number, from 1; after the first round, rounds of their own."""
    if turns <= len(FIRST_ROUND):
        return FIRST_ROUND[max(turns, 1) - 1]
    return LATER_ROUND[(turns - len(FIRST_ROUND) - 1) % len(LATER_ROUND)]


def _drawn(weights: Mapping[str, float], dice: Random) -> list[str]:
    """The names in a random order, heavier ones rather earlier."""
    return sorted(weights, key=lambda name: dice.random() ** (1 / weights[name]), reverse=True)


def _last_said(line: Line, own_texts: Sequence[str]) -> int:
    """The place of the supporter's last utterance of that line, from 0; -1 where it never said it."""
    return max((place for place, text in enumerate(own_texts) if line.was_said_in(text)), default=-1)


def _fitting(candidates: Sequence[Group], hearing: Hearing) -> list[tuple[Strategy, Line]]:
    return [(group.strategy, line) for group in candidates for line in group.lines if line.fits(hearing.words)]
