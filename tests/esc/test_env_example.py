"""`.env.example` is the one list of what can be set."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def listed() -> set[str]:
    return set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def test_every_variable_that_the_settings_read_is_listed() -> None:
    settings = (ROOT / "platform" / "esc" / "settings.py").read_text()
    read = set(re.findall(r'env\.(?:text|flag|words|choice|url)\("([A-Z_]+)"', settings))
    assert read
    assert read <= listed()


def test_every_variable_that_compose_reads_is_listed() -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    read = set(re.findall(r"\$\{([A-Z_]+)", compose))
    assert read
    assert read <= listed()


def test_every_listed_variable_has_a_line_that_says_what_it_is() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    for before, line in pairwise(lines):
        if re.match(r"^[A-Z_]+=", line):
            assert before.startswith("# "), line
