"""What scripted people say to each other. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from esc.ontology import Role, Strategy

SEEKER_SAYS = (
    "I did not sleep much this week, and I am not sure why.",
    "My new shifts begin at five. The first days were hard.",
    "Yes, I think so, too. Nobody had asked me that before.",
    "It is mostly the evenings. During the day I have enough to do.",
    "I tried to talk to my sister about it, but the line was bad.",
    "Hm. Maybe I could go for a walk before dinner 🌧️ if the rain stops.",
    "That helps a little, thank you for listening to me.",
)
SUPPORTER_SAYS = (
    "What would a good evening look like for you?",
    "So the early shift leaves you no quiet hour.",
    "You sound tired, and a little alone with it.",
    "I had such a month once; a fixed walk helped me through it.",
    "You do a lot already, and it is good that you speak about it.",
    "You could write tomorrow's plan down before you go to bed.",
    "Thank you for telling me. Is there somebody near you to talk to?",
)


@dataclass(frozen=True)
class Line:
    """One message. `turn`: said as soon as so many messages stand before it; None: whenever its author likes."""

    role: Role
    text: str
    strategy: str | None  # supporters' lines have one
    turn: int | None = None


Script = Sequence[Line]


def made_up(rng: Random, messages: int) -> Script:
    """So many lines, half of them each side's; both write whenever they like, also at once."""
    lines = []
    for number in range(messages):
        role = list(Role)[number % 2]
        says = SEEKER_SAYS if role is Role.SEEKER else SUPPORTER_SAYS
        strategy = rng.choice(list(Strategy)).value if role is Role.SUPPORTER else None
        lines.append(Line(role, f"{rng.choice(says)} ({number + 1})", strategy))
    return lines


def replayed(lines: Sequence[tuple[Role, str, str]]) -> Script:
    """A conversation of a corpus file (role, text, strategy), said again in exactly its order."""
    return [
        Line(role, text, strategy if role is Role.SUPPORTER else None, turn)
        for turn, (role, text, strategy) in enumerate(lines)
    ]
