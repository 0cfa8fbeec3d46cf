"""Saying, rating and being told: what is true afterwards, and what is refused."""

from __future__ import annotations

from uuid import uuid4

import pytest

from chat.batch import commit
from chat.models import Conversation, Feedback, Notice, Utterance
from chat.rules import Rate, Rated
from chat.services import Say, give_feedback, post_notice, post_utterances
from esc.errors import Refusal
from esc.ontology import Role, Strategy
from tests.chat.talk import answer, end, paired, rate, say, talk
from tests.people import Person

SEEKER, SUPPORTER = Role.SEEKER, Role.SUPPORTER


@pytest.fixture
def conversation(sam: Person, pat: Person) -> Conversation:
    return paired(sam, pat)


def code_of(conversation: Conversation, role: Role, text: str, strategy: str | None = None) -> str:
    refusal = answer(conversation, role, text, strategy=strategy)
    assert isinstance(refusal, Refusal)
    return refusal.code


def test_positions_run_from_one_without_a_gap(conversation: Conversation) -> None:
    assert [say(conversation, role, "Hello") for role in (SEEKER, SUPPORTER, SUPPORTER, SUPPORTER)] == [1, 2, 3, 4]


def test_text_is_kept_to_the_byte(conversation: Conversation) -> None:
    text = "  Grüße 👋🏽\r\n\tund »Tschüß« \u00a0 "
    say(conversation, SEEKER, text)
    assert conversation.utterances.get().text == text


@pytest.mark.parametrize(
    ("role", "text", "strategy", "code"),
    [
        (SEEKER, "", None, "bad_text"),
        (SEEKER, " \n\t\u200b ", None, "bad_text"),
        (SEEKER, "x" * 2001, None, "bad_text"),
        (SEEKER, "Hello", "Question", "strategy_not_allowed"),
        (SEEKER, "Hello", "", "strategy_not_allowed"),
        (SUPPORTER, "Hello", None, "strategy_required"),
        (SUPPORTER, "Hello", "", "strategy_required"),
        (SUPPORTER, "Hello", "Hypnosis", "unknown_strategy"),
        (SUPPORTER, "Hello", "question", "unknown_strategy"),
    ],
)
def test_what_cannot_be_said_is_refused_and_not_stored(
    conversation: Conversation, role: Role, text: str, strategy: str | None, code: str
) -> None:
    assert code_of(conversation, role, text, strategy) == code
    assert not conversation.utterances.exists()


def test_two_thousand_code_points_fit(conversation: Conversation) -> None:
    assert say(conversation, SEEKER, "👋" * 2000) == 1


def test_sending_again_gives_the_same_answer_even_after_the_end(conversation: Conversation) -> None:
    client_id = uuid4()
    first = answer(conversation, SEEKER, "Hello", client_id=client_id)
    assert answer(conversation, SEEKER, "something else", client_id=client_id) == first
    end(conversation)
    assert answer(conversation, SEEKER, "Hello", client_id=client_id) == first
    assert code_of(conversation, SEEKER, "Hello") == "ended"
    assert conversation.utterances.count() == 1


def test_a_client_id_belongs_to_its_author(conversation: Conversation) -> None:
    client_id = uuid4()
    answer(conversation, SEEKER, "Hello", client_id=client_id)
    answer(conversation, SUPPORTER, "Hello you", client_id=client_id, strategy=Strategy.OTHERS)
    assert [row.text for row in conversation.utterances.all()] == ["Hello", "Hello you"]


def test_a_refusal_in_a_batch_harms_no_neighbour(conversation: Conversation) -> None:
    def to_say(text: str, role: Role = SEEKER) -> Say:
        return Say(conversation_id=conversation.pk, role=role, client_id=uuid4(), text=text)

    twice = to_say("twice")
    stray = Say(conversation_id=uuid4(), role=SEEKER, client_id=uuid4(), text="nowhere")
    answers = post_utterances([to_say("one"), to_say(""), stray, twice, to_say("no strategy", SUPPORTER), twice])
    shape = [answer.code if isinstance(answer, Refusal) else getattr(answer, "position", 0) for answer in answers]
    assert shape == [1, "bad_text", "not_yours", 2, "strategy_required", 2]
    assert [row.position for row in conversation.utterances.all()] == [1, 2]


def test_a_batch_costs_no_query_per_message(conversation: Conversation, django_assert_max_num_queries: object) -> None:
    says = [
        Say(conversation_id=conversation.pk, role=SEEKER, client_id=uuid4(), text=f"line {number}")
        for number in range(50)
    ]
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        post_utterances(says)


def test_feedback_falls_due_at_two_and_moves(conversation: Conversation) -> None:
    say(conversation, SUPPORTER, "one")
    conversation.refresh_from_db()
    assert conversation.feedback_due is None
    for position in (2, 3):
        say(conversation, SUPPORTER, "more")
        conversation.refresh_from_db()
        assert conversation.feedback_due == position


def test_the_seeker_rates_before_the_next_message(conversation: Conversation) -> None:
    say(conversation, SUPPORTER, "one")
    say(conversation, SUPPORTER, "two")
    assert code_of(conversation, SEEKER, "Hello") == "feedback_due"
    assert code_of(conversation, SEEKER, "") == "feedback_due", "the wire protocol's order: feedback due, then the rest"
    rate(conversation, 4)
    assert say(conversation, SEEKER, "Hello") == 3
    feedback = conversation.feedback.get()
    assert (feedback.through, feedback.score, feedback.carried_by) == (2, 4, 3)


def test_one_score_rates_all_unrated_ones(conversation: Conversation) -> None:
    for _ in range(5):
        say(conversation, SUPPORTER, "again")
    rate(conversation)
    conversation.refresh_from_db()
    assert (conversation.unrated, conversation.feedback_due) == ([], None)


def test_a_score_for_an_older_message_leaves_the_newer_ones_unrated(conversation: Conversation) -> None:
    for _ in range(3):
        say(conversation, SUPPORTER, "again")
    give_feedback(conversation_id=conversation.pk, role=SEEKER, through=2, score=3)
    conversation.refresh_from_db()
    assert conversation.unrated == [3]


@pytest.mark.parametrize(
    ("role", "through", "code"),
    [(SUPPORTER, 3, "not_yours"), (SEEKER, 1, "bad_feedback"), (SEEKER, 9, "bad_feedback")],
)
def test_feedback_that_does_not_fit_is_refused(conversation: Conversation, role: Role, through: int, code: str) -> None:
    say(conversation, SEEKER, "Hello")
    say(conversation, SUPPORTER, "one")
    say(conversation, SUPPORTER, "two")
    with pytest.raises(Refusal) as refused:
        give_feedback(conversation_id=conversation.pk, role=role, through=through, score=5)
    assert refused.value.code == code
    assert not Feedback.objects.exists()


def test_the_first_score_stands(conversation: Conversation) -> None:
    say(conversation, SUPPORTER, "one")
    say(conversation, SUPPORTER, "two")
    rate(conversation, 2)
    for through in (1, 2):
        with pytest.raises(Refusal) as refused:
            give_feedback(conversation_id=conversation.pk, role=SEEKER, through=through, score=5)
        assert refused.value.code == "bad_feedback"
    assert conversation.feedback.get().score == 2


def test_nothing_is_rated_before_it_is_due(conversation: Conversation) -> None:
    say(conversation, SUPPORTER, "one")
    with pytest.raises(Refusal) as refused:
        give_feedback(conversation_id=conversation.pk, role=SEEKER, through=1, score=5)
    assert refused.value.code == "not_due"


def test_a_rating_still_due_at_the_end_is_given_in_the_survey(conversation: Conversation) -> None:
    say(conversation, SUPPORTER, "one")
    say(conversation, SUPPORTER, "two")
    end(conversation)
    with pytest.raises(Refusal) as refused:
        give_feedback(conversation_id=conversation.pk, role=SEEKER, through=2, score=5)
    assert refused.value.code == "ended"
    given = give_feedback(conversation_id=conversation.pk, role=SEEKER, through=2, score=5, after_end=True)
    assert given.carried_by is None


def test_each_rating_is_carried_by_the_next_message_of_the_seeker(conversation: Conversation) -> None:
    talk(conversation, 5)
    carried = {row.through: row.carried_by for row in conversation.feedback.all()}
    assert carried == {4: 5, 8: 9}
    assert set(carried.values()) <= set(
        Utterance.objects.filter(conversation=conversation, role=SEEKER).values_list("position", flat=True)
    )


def test_a_notice_reaches_one_side_or_both(conversation: Conversation) -> None:
    to_both = post_notice(conversation_id=conversation.pk, kind=Notice.Kind.RESEARCHER, text="Hello")
    to_one = post_notice(conversation_id=conversation.pk, kind=Notice.Kind.GUIDANCE, text="Ask.", to=SUPPORTER)
    now = to_one.created_at
    assert set(Notice.objects.open_for(SEEKER, now)) == {to_both}
    assert set(Notice.objects.open_for(SUPPORTER, now)) == {to_both, to_one}


def test_a_rating_of_which_nobody_knows_whether_it_was_committed_gives_its_first_answer(
    conversation: Conversation,
) -> None:
    say(conversation, SUPPORTER, "one")
    say(conversation, SUPPORTER, "two")
    rating = Rate(conversation.pk, SEEKER, 2, 4)
    assert commit([rating]).answers == [Rated(2, 4)]
    assert commit([rating], again=True).answers == [Rated(2, 4)]
    assert isinstance(commit([Rate(conversation.pk, SEEKER, 2, 1)], again=True).answers[0], Refusal)
    assert isinstance(commit([rating]).answers[0], Refusal)
    assert conversation.feedback.count() == 1
