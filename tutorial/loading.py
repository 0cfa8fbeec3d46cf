"""From a folder of content files to the training's content, or to a refusal that names the file, key and reason."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from esc.errors import FileRefusal
from esc.studies.loading import in_words
from esc.studies.parts import Part
from tutorial.remarks import REMARKS
from tutorial.shape import Item, Lesson, LessonFile, Practice, Shared

FOLDER = Path(__file__).parent / "content"
SHARED, PRACTICE = "content.toml", "practice.toml"
LESSON_NAME = re.compile(r"^(\d\d)-([a-z][a-z0-9-]{0,40})\.toml$")

P = TypeVar("P", bound=Part)


@dataclass(frozen=True)
class Content:
    """A whole training. `lessons` are in the order of their files' numbers, by the name after it: the lesson's slug."""

    shared: Shared
    practice: Practice
    files: Mapping[str, LessonFile]  # by slug
    sha256: str

    @property
    def version(self) -> str:
        """The version that the files say, and a mark of what they really hold: an edited file is another version."""
        return f"{self.shared.version}+{self.sha256[:12]}"

    @property
    def lessons(self) -> dict[str, Lesson]:
        return {slug: file.lesson for slug, file in self.files.items()}

    @cached_property
    def bank(self) -> dict[str, Item]:
        """Every question of the bank by its id."""
        return {item.id: item for file in self.files.values() for item in file.questions}

    @cached_property
    def lesson_of(self) -> dict[str, str]:
        """The slug of the lesson that each question of the bank is about, by the question's id."""
        return {item.id: slug for slug, file in self.files.items() for item in file.questions}

    def topics(self, kind: str) -> dict[str, str]:
        """The slug of the lesson about each strategy (or stage), by its name."""
        return {lesson.topic: slug for slug, lesson in self.lessons.items() if lesson.kind == kind}


@lru_cache(maxsize=16)
def load_content(name: str) -> Content:
    """The content in that folder of `tutorial/content`. Raises FileRefusal where a file is missing or wrong."""
    folder = FOLDER / name
    if not folder.is_dir():
        raise FileRefusal("training.content", f"there is no folder {name!r} in tutorial/content")
    return parse_content({path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.toml"))})


def parse_content(texts: Mapping[str, str]) -> Content:
    """The content of these files, by their names. Raises FileRefusal naming the file, every key at fault and why."""
    for name in (SHARED, PRACTICE):
        if name not in texts:
            raise FileRefusal(name, "expected this file, found nothing")
    files = {}
    for name in sorted(texts.keys() - {SHARED, PRACTICE}):
        if (match := LESSON_NAME.match(name)) is None:
            raise FileRefusal(name, "expected a lesson's file to be called as 04-question.toml is")
        files[match[2]] = _parse(name, texts[name], LessonFile)
    content = Content(
        shared=_parse(SHARED, texts[SHARED], Shared),
        practice=_parse(PRACTICE, texts[PRACTICE], Practice),
        files=files,
        sha256=_sha256(texts),
    )
    _check(content)
    return content


def _parse(name: str, text: str, shape: type[P]) -> P:
    try:
        return shape.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise FileRefusal(name, f"this is not a TOML file: {error}") from error
    except ValidationError as error:
        raise FileRefusal(name, "\n".join(in_words(error))) from error


def _check(content: Content) -> None:
    """What no single file can know."""
    ids = [item.id for file in content.files.values() for item in file.questions]
    if doubled := sorted(name for name, count in Counter(ids).items() if count > 1):
        raise FileRefusal("questions", f"expected each id once in all files, found twice: {', '.join(doubled)}")
    if not content.files:
        raise FileRefusal("lessons", "expected at least one lesson's file, found none")
    for kind in ("stage", "strategy"):
        topics = [lesson.topic for lesson in content.lessons.values() if lesson.kind == kind]
        if doubled := sorted(name for name, count in Counter(topics).items() if count > 1):
            raise FileRefusal("lessons", f"expected one lesson for each {kind}, found two: {', '.join(doubled)}")
    if missing := [key for key in REMARKS if key not in content.practice.remarks]:
        raise FileRefusal(PRACTICE, f"remarks: expected words for {', '.join(missing)}")
    if unknown := sorted(content.practice.remarks.keys() - set(REMARKS)):
        raise FileRefusal(PRACTICE, f"remarks: nothing is called so: {', '.join(unknown)}")


def _sha256(texts: Mapping[str, str]) -> str:
    whole = hashlib.sha256()
    for name in sorted(texts):
        whole.update(f"{name}\0{texts[name]}\0".encode())
    return whole.hexdigest()
