"""Imports point down (DESIGN §2): no floor knows the floors above it, and no module is part of a circle."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (ROOT / "platform", ROOT)

# What each room may know beside itself. `esc` alone is the ground: everything in it that is no room of its own.
FLOORS: dict[str, set[str]] = {
    "esc": set(),
    "esc.studies": {"esc"},
    "esc.participants": {"esc.studies", "esc"},
    "esc.safety": {"esc.participants", "esc.studies", "esc"},
    "esc.staff": {"esc"},
    "chat": {"esc.safety", "esc.participants", "esc.studies", "esc"},
    "tutorial": {"chat", "esc.participants", "esc.studies", "esc"},
    "surveys": {"chat", "esc.safety", "esc.participants", "esc.studies", "esc"},
    "qc": {"surveys", "chat", "esc.participants", "esc.studies", "esc"},
    "corpus": {"qc", "surveys", "chat", "esc.participants", "esc.studies", "esc"},
    "modelserve.engines": {"esc"},  # of it esc.ontology and esc.errors alone: see below
    "modelserve.training": {"modelserve.engines", "esc"},  # conversations come to it as plain values
    "modelserve.management": {"modelserve.training", "modelserve.engines", "corpus", "esc.studies", "esc"},
    "modelserve": {"modelserve.engines", "chat", "esc.safety", "esc.participants", "esc.studies", "esc"},
}
# Where the house is put together. Nothing but the server and manage.py calls these, so they may know every room.
DOORSTEPS = {"esc.asgi", "esc.urls", "esc.demo"}
DOORSTEP_PACKAGES = ("esc.management.",)
WITHOUT_WEIGHTS = ("modelserve.engines.base", "modelserve.engines.scripted")
PURE = (
    "chat.lobby",
    "chat.limits",
    "chat.rehearse.verdict",
    "chat.rehearse.figures",
    "chat.rehearse.script",
    "chat.rehearse.forms",
    "chat.rehearse.outbox",
    "tutorial.quiz",
    "tutorial.items",
    "tutorial.overview",
    "tutorial.remarks",
    "qc.rules",
    "esc.participants.journey",
    "esc.safety.reading",
    "esc.safety.screening",
    "esc.studies.phrases",
    "esc.ontology",
    "esc.errors",
    "esc.text",
)


def _modules() -> dict[str, Path]:
    """Every module of the house by its dotted name; migrations are Django's own affair."""
    found = {}
    for source in SOURCES:
        for top in sorted({room.split(".")[0] for room in FLOORS}):
            for path in sorted((source / top).rglob("*.py")):
                name = ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")
                if ".migrations" not in name:
                    found[name] = path
    return found


MODULES = _modules()


def _imports(name: str) -> Iterator[str]:
    """The full names of everything that a module imports, wherever in it and however it is written."""
    path = MODULES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            start = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{start}.{alias.name}" if f"{start}.{alias.name}" in MODULES else start


def _known(name: str) -> set[str]:
    """The modules of the house that a module imports."""
    return {imported for imported in _imports(name) if imported in MODULES} - {name}


def _room(name: str) -> str:
    return max((room for room in FLOORS if name == room or name.startswith(f"{room}.")), key=len)


def _is_doorstep(name: str) -> bool:
    return name in DOORSTEPS or name.startswith(DOORSTEP_PACKAGES)


def test_every_package_of_the_house_has_its_floor() -> None:
    packages = {path.parent.name for source in SOURCES for path in source.glob("*/__init__.py")} - {
        "tests",
        "benchmarks",
    }
    assert packages == {room.split(".")[0] for room in FLOORS}


@pytest.mark.parametrize("name", [name for name in MODULES if not _is_doorstep(name)])
def test_imports_point_down(name: str) -> None:
    allowed = {_room(name), *FLOORS[_room(name)]}
    assert sorted(known for known in _known(name) if _room(known) not in allowed) == []


@pytest.mark.parametrize("name", MODULES)
def test_nobody_imports_the_doorstep(name: str) -> None:
    assert _is_doorstep(name) or not [known for known in _known(name) if _is_doorstep(known)]


def test_no_module_is_part_of_a_circle() -> None:
    try:
        TopologicalSorter({name: _known(name) for name in MODULES}).prepare()
    except CycleError as circle:
        pytest.fail(f"these import each other in a circle: {' → '.join(circle.args[1])}")


@pytest.mark.parametrize("name", [name for name in MODULES if _room(name) == "modelserve.engines"])
def test_engines_know_the_ontology_and_how_to_refuse_and_no_django(name: str) -> None:
    outside = {known for known in _known(name) if not known.startswith("modelserve.engines")}
    assert outside <= {"esc.ontology", "esc.errors"}
    assert not [imported for imported in _imports(name) if imported.split(".")[0] in {"django", "channels", "celery"}]


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith(WITHOUT_WEIGHTS)])
def test_an_engine_without_weights_needs_nothing_but_python(name: str) -> None:
    tops = {imported.split(".")[0] for imported in _imports(name)} - {"esc", "modelserve"}
    assert tops <= sys.stdlib_module_names


@pytest.mark.parametrize("name", [name for name in MODULES if _room(name) == "modelserve"])
def test_the_worker_knows_the_chat_by_its_services_alone(name: str) -> None:
    chat = {known for known in _known(name) if _room(known) == "chat"}
    assert chat <= {"chat.services", "chat.turns", "chat.models"}


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_need_no_database(name: str) -> None:
    assert name in MODULES
    assert not [imported for imported in _imports(name) if imported.startswith(("django.db", "channels", "celery"))]
    assert not [known for known in _known(name) if known.endswith((".models", ".services", ".queries"))]


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("chat.rehearse.")])
def test_scripted_people_know_what_a_browser_knows(name: str) -> None:
    assert {known for known in _known(name) if not known.startswith("chat.rehearse")} <= {"esc.ontology"}
    assert not [imported for imported in _imports(name) if imported.split(".")[0] in {"django", "channels", "celery"}]


def test_services_never_import_the_doors_that_call_them() -> None:
    doors = (".views", ".consumers", ".tasks", ".admin")
    inner = (".services", ".models", ".queries", ".rules")
    wrong = {
        name: [known for known in _known(name) if known.endswith(doors)] for name in MODULES if name.endswith(inner)
    }
    assert {name: known for name, known in wrong.items() if known} == {}
