"""Most messages are let pass at a glance: whatever would be heard in them when read must never be among these."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from esc.safety.reading import nothing_stands_in, read
from esc.studies.danger import DangerList, DangerPhrases
from esc.studies.loading import default_protocol_text, parse_protocol
from esc.studies.phrases import Phrases

LISTED = parse_protocol(default_protocol_text()).danger.lists[0]
SAYS = sorted({phrase for group in LISTED.phrases for phrase in group.says})
WRITTEN: dict[str, list[str]] = {}  # a word of the phrases → how people also write it
for written, meant in LISTED.spellings.items():
    WRITTEN.setdefault(meant, []).append(written)


@st.composite
def words_of_a_phrase(draw: st.DrawFn) -> list[str]:
    words: list[str] = []
    for piece in draw(st.sampled_from(SAYS)).split():
        if piece == "...":
            words += draw(st.lists(st.sampled_from(["the", "big", "friend"]), max_size=2))
        elif not piece.startswith("(") or draw(st.booleans()):
            word = draw(st.sampled_from(piece.strip("()").split("/")))
            words.append(word.removesuffix("*") + (draw(st.sampled_from(["", "ed", "al"])) if "*" in word else ""))
    return words


@st.composite
def as_people_write(draw: st.DrawFn, word: str) -> str:
    word = draw(st.sampled_from([word, *WRITTEN.get(word, [])]))
    if draw(st.integers(0, 3)) == 0:
        place = draw(st.integers(0, len(word) - 1))
        word = word[:place] + word[place] * draw(st.integers(1, 4)) + word[place + 1 :]
    if draw(st.integers(0, 3)) == 0:
        place = draw(st.integers(0, len(word)))
        word = word[:place] + draw(st.sampled_from(["'", "`", " '", " ' ", "’", "\u200b"])) + word[place:]
    return draw(st.sampled_from([word, word.upper(), word.title(), f'"{word}"', f"*{word}*", f"_{word}", f"{word}..."]))


@st.composite
def texts(draw: st.DrawFn) -> str:
    around = st.lists(st.sampled_from(["well", "my", "friends", "hit", "die", "don't", "7", "!", "\n"]), max_size=3)
    words = [*draw(around), *draw(words_of_a_phrase()), *draw(around)]
    between = st.sampled_from([" ", " ", " ", "  ", "\n", ", ", ". ", "_", "-", "\t", "..."])
    return "".join(draw(as_people_write(word)) + draw(between) for word in words)


def stands_in(text: str) -> bool:
    """Whether any phrase stands there, looked for with everything there is."""
    reading = read(text, LISTED)
    return any(phrases.spans(reading.text) for _, phrases in LISTED.listened_for)


@given(st.one_of(texts(), st.text(max_size=60)))
@example("i want to diiie")
@example("I do n't want to live")
@example("ca n't go on like this")
@example("I don ' t want to live")
@example("sewerslide")
@example("KMS")
@example("kill_myself")
@example("suicidality")  # known by its beginning alone
@example("I overdosed once")
@example("Ｉ ｗａｎｔ ｔｏ ｄｉｅ")
def test_what_would_be_heard_is_never_let_pass(text: str) -> None:
    if stands_in(text):
        assert not nothing_stands_in(text, LISTED)
        assert LISTED.heard_in(read(text, LISTED).text)


def test_everyday_words_are_let_pass() -> None:
    assert nothing_stands_in("I want to go home, and I do not know how I could ever be better.", LISTED)
    assert not nothing_stands_in("I would rather be dead.", LISTED)


def test_a_language_without_spaces_is_always_read() -> None:
    listed = DangerList(language="zh", spaces=False, phrases=[DangerPhrases(id="die", level="high", says=["想 死"])])
    assert not nothing_stands_in("fine", listed)


def test_a_phrase_is_looked_for_by_its_rarest_word() -> None:
    assert Phrases(["want/need (to) just die"]).needed == {"die"}
    assert Phrases(["should be there for you"]).needed == {"should"}  # of everyday words alone, the longest
    assert Phrases(["kill/killing myself"]).needed == {"kill", "killing"}
