"""What a scripted person reads in a page, and how they fill in its form."""

from __future__ import annotations

from random import Random

from chat.rehearse.forms import WRITES, filled, read

PAGE = """
<main data-lobby data-socket="/ws/lobby/demo/" data-here="/study/demo/">
  <a class="button quiet" href="/back/">Back</a> <a class="button" href="/on/">On</a>
  <form method="dialog"><button name="stay" value="1">Stay</button></form>
  <form method="post" action="/leave/"><input type="hidden" name="token" value="t0"><button>Leave</button></form>
  <form method="post">
    <input type="hidden" name="token" value="t1">
    <p>What did they say?</p>
    <label><input type="radio" name="option" value="0"> <span>Question</span></label>
    <label><input type="radio" name="option" value="1"> <span>Information</span></label>
    <label><input type="radio" name="scale" value="1"></label><label><input type="radio" name="scale" value="2"></label>
    <label><input type="radio" name="kept" value="a" checked></label><input type="radio" name="kept" value="b">
    <input type="checkbox" name="points" value="adult"><input type="checkbox" name="points" value="program">
    <select name="country"><option value="">–</option><option value="DE">Germany</option></select>
    <select name="chosen"><option value="1">1</option><option value="2" selected>2</option></select>
    <textarea name="situation"></textarea>
    <textarea name="written">
as &lt;typed&gt;</textarea>
    <button type="button" name="copy" value="x">Copy</button>
    <button type="submit" name="choice" value="another">Another</button>
    <button type="submit" name="choice" value="finish">Finish</button>
  </form>
</main>
"""


def sent(known: dict[str, str] | None = None) -> list[tuple[str, str]]:
    form = read(PAGE).form
    assert form is not None
    return filled(form, Random(0), answers=known or {}, presses=("finish", "seeker"))


def test_the_form_that_asks_the_most_is_the_one_to_fill_in() -> None:
    page = read(PAGE)
    assert [form.action for form in page.forms] == ["/leave/", ""]
    assert dict(sent())["token"] == "t1"


def test_every_field_has_an_answer_and_what_is_there_stays() -> None:
    fields = sent()
    answers = dict(fields)
    assert answers["scale"] in {"1", "2"}
    assert (answers["kept"], answers["country"], answers["chosen"]) == ("a", "", "2")
    assert (answers["situation"], answers["written"]) == (WRITES, "as <typed>")
    assert [value for name, value in fields if name == "points"] == ["adult", "program"]


def test_known_answers_are_given_and_others_are_not_made_up() -> None:
    assert dict(sent({"What did they say?": "Information", "What else?": "Question"}))["option"] == "1"
    assert dict(sent({"What did they say?": "not offered"}))["option"] in {"0", "1"}


def test_one_button_is_pressed_the_preferred_one() -> None:
    assert [value for name, value in sent() if name == "choice"] == ["finish"]
    assert "copy" not in dict(sent())


def test_ways_on_and_sockets_are_found() -> None:
    page = read(PAGE)
    assert page.links == ["/on/"]
    assert page.data["data-lobby"]["data-socket"] == "/ws/lobby/demo/"
    assert page.code == ""


def test_completion_code_is_read_from_the_last_page() -> None:
    assert read('<input class="code" type="text" value="ESC-DONE" readonly>').code == "ESC-DONE"
