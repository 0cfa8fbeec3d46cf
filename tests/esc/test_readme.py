"""The README names what there is: no more, no less."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TREE = re.search(r"## Where things are\n+```\n(.*?)```", README, re.DOTALL)


def listed() -> set[str]:
    """The files and folders at the root that the tree names: its words before the line's explanation."""
    assert TREE
    lines = [line for line in TREE[1].splitlines() if not line.startswith(" ")]
    return {word.split("/")[0] for line in lines for word in re.split(r" {2,}", line)[0].split()}


def test_tree_holds_every_file_and_folder_at_the_root_and_no_other() -> None:
    try:
        kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.fail("expected a git checkout: what belongs to the project is what git keeps")
    assert listed() == {path.split("/")[0] for path in kept.splitlines()}


def test_every_command_of_ours_is_in_the_table_and_no_other() -> None:
    ours = {name for name, app in get_commands().items() if app.split(".")[0] not in {"django", "channels"}}
    table = README[README.index("## Commands") : README.index("## On a server")]
    assert set(re.findall(r"^\| `(\w+)", table, re.MULTILINE)) == ours


def test_every_make_target_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z-]+)\b[^`\n]*`", README)) <= targets
