"""What a person without a browser sees of a page: its links, its forms, and where its socket is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from random import Random

Attributes = dict[str, str]
WRITES = "I would rather keep the details to myself today, but this is how it has been for some weeks now, mostly fine."


@dataclass
class Form:
    """A form that is posted: its fields as they stand, and what may be chosen."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)  # hidden ones, and what is filled in already
    choices: dict[str, list[str]] = field(default_factory=dict)  # radios: one of them
    ticks: list[tuple[str, str]] = field(default_factory=list)  # checkboxes: all of them
    texts: list[str] = field(default_factory=list)  # names of text fields
    buttons: list[tuple[str, str]] = field(default_factory=list)  # named ones: which was pressed is sent, too
    labels: dict[tuple[str, str], str] = field(default_factory=dict)  # what stands beside a radio, by name and value
    says: str = ""  # all its words

    @property
    def questions(self) -> int:
        return len(self.choices) + len(self.ticks) + len(self.texts)

    def known(self, name: str, answers: Mapping[str, str]) -> str | None:
        """The choice whose label is the answer to something that the form says, None where nobody knows it."""
        right = {answer for clue, answer in answers.items() if clue in self.says}
        labels = ((value, self.labels.get((name, value), "").strip()) for value in self.choices[name])
        return next((value for value, label in labels if label in right), None)


@dataclass
class PageText:
    """One page, read."""

    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)  # those that look like the button to go on
    data: dict[str, Attributes] = field(default_factory=dict)  # elements with a data- attribute, by its name
    code: str = ""  # the completion code, on the last page

    @property
    def form(self) -> Form | None:
        """The one to fill in: that which asks the most."""
        return max(self.forms, key=lambda form: form.questions, default=None)


def read(html: str) -> PageText:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


def filled(form: Form, rng: Random, *, answers: Mapping[str, str], presses: tuple[str, ...]) -> list[tuple[str, str]]:
    """The form, filled in. `answers`: what the person knows, the label to choose by words that the form says.

    `presses`: which button to take where there are several, the first that is there.
    """
    sent = dict(form.fields)
    for name, values in form.choices.items():
        sent[name] = form.known(name, answers) or sent.get(name) or rng.choice(values)
    for name in form.texts:
        sent[name] = sent.get(name) or WRITES
    pairs = [*sent.items(), *form.ticks]
    buttons = sorted(form.buttons, key=lambda button: presses.index(button[1]) if button[1] in presses else 99)
    return [*pairs, *buttons[:1]]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = PageText()
        self._form: Form | None = None
        self._select = ""
        self._textarea = ""
        self._radio: tuple[str, str] | None = None  # the one whose label is being read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for name in given:
            if name.startswith("data-"):
                self.page.data.setdefault(name, given)
        classes = given.get("class", "").split()
        match tag:
            case "form" if given.get("method", "").lower() == "post":
                self._form = Form(given.get("action", ""))
                self.page.forms.append(self._form)
            case "a" if "button" in classes and "quiet" not in classes:
                self.page.links.append(given.get("href", ""))
            case "input" if "code" in classes:
                self.page.code = given.get("value", "")
            case "input" | "button" | "select" | "option" | "textarea" if self._form is not None:
                self._control(self._form, tag, given)

    def _control(self, form: Form, tag: str, given: Attributes) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        match (tag, given.get("type", "")):
            case ("input", "radio"):
                form.choices.setdefault(name, []).append(value)
                self._radio = (name, value)
                if "checked" in given:
                    form.fields[name] = value
            case ("input", "checkbox"):
                form.ticks.append((name, value or "on"))
            case ("input", "hidden"):
                form.fields[name] = value
            case ("input", "text" | "email" | ""):
                form.texts.append(name)
            case ("button", kind) if kind != "button" and name:
                form.buttons.append((name, value))
            case ("select", _):
                self._select = name
            case ("option", _) if self._select and ("selected" in given or self._select not in form.fields):
                form.fields[self._select] = value
            case ("textarea", _):
                self._textarea = name
                form.texts.append(name)

    def handle_data(self, data: str) -> None:
        if self._form is not None:
            self._form.says += data
            if self._radio is not None:
                self._form.labels[self._radio] = self._form.labels.get(self._radio, "") + data
        if self._textarea and self._form is not None and (text := data.removeprefix("\n")):
            self._form.fields[self._textarea] = text

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "form":
                self._form = None
            case "label":
                self._radio = None
            case "select":
                self._select = ""
            case "textarea":
                self._textarea = ""
