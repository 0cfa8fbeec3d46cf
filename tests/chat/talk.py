"""Putting words into people's mouths: short ways to a conversation that is going on."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid4

from chat.admission import Admitted
from chat.endings import finish_conversation
from chat.models import Conversation
from chat.pairing import start_conversation
from chat.rules import Answer
from chat.services import Posted, Say, give_feedback, post_utterances
from esc.ontology import Ending, Role, Strategy
from esc.participants.models import Seat
from tests.people import Person


def seat_of(person: Person) -> Seat:
    seat = person.sitting.current_seat
    assert seat is not None
    return seat


def admitted(conversation: Conversation, role: Role) -> Admitted:
    """What an open socket of that side knows of the conversation."""
    return Admitted(
        conversation_id=conversation.pk,
        role=role,
        seat_id=conversation.seat(role).pk,
        partner_seat_id=conversation.seat(role.other).pk,
        agent=conversation.agent,
        protocol=conversation.protocol,
        messages_per_minute=60,
    )


def paired(sam: Person, pat: Person) -> Conversation:
    """The open conversation of these two."""
    return start_conversation(seeker=seat_of(sam), supporter=seat_of(pat))


def answer(
    conversation: Conversation, role: Role, text: str, *, strategy: str | None = None, client_id: UUID | None = None
) -> Answer:
    """What the service answers to this message."""
    say = Say(conversation_id=conversation.pk, role=role, client_id=client_id or uuid4(), text=text, strategy=strategy)
    return post_utterances([say])[0]


def say(conversation: Conversation, role: Role, text: str, *, strategy: str | None = None) -> int:
    """The position at which it now stands; a supporter who names no strategy asks a question."""
    strategy = (strategy or Strategy.QUESTION) if role is Role.SUPPORTER else None
    posted = answer(conversation, role, text, strategy=strategy)
    assert isinstance(posted, Posted), posted
    return posted.position


def rate(conversation: Conversation, score: int = 5) -> None:
    """The seeker gives the rating that is due."""
    due = Conversation.objects.get(pk=conversation.pk).feedback_due
    assert due is not None
    give_feedback(conversation_id=conversation.pk, role=Role.SEEKER, through=due, score=score)


def talk(conversation: Conversation, exchanges: int, *, scores: Iterable[int] = ()) -> None:
    """So many exchanges: the seeker writes, the supporter answers, ratings are given as they fall due."""
    given = iter(scores)
    for number in range(1, exchanges + 1):
        if Conversation.objects.get(pk=conversation.pk).feedback_due:
            rate(conversation, next(given, 5))
        say(conversation, Role.SEEKER, f"This is what I have on my mind today, part {number} of it.")
        say(conversation, Role.SUPPORTER, f"Thank you for telling me, would you like to say more about part {number}?")


def end(conversation: Conversation, by: Role = Role.SEEKER) -> None:
    """It is over, as the seeker wished (or as the supporter proposed and nobody answered)."""
    ending = Ending.ENDED_BY_SEEKER if by is Role.SEEKER else Ending.ENDED_BY_SUPPORTER
    finish_conversation(conversation_id=conversation.pk, ending=ending, by=by)
