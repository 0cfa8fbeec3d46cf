"""`manage.py create_study`: a study from a file, or a refusal that changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from esc.ontology import Purpose
from esc.studies.loading import default_protocol_text
from esc.studies.models import ProtocolVersion, Study

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(default_protocol_text())
    return path


def test_study_is_made_as_a_draft(file: Path) -> None:
    call_command("create_study", str(file), "--slug", "mine", verbosity=0)
    study = Study.objects.get()
    assert (study.slug, study.state, study.draft) == ("mine", Study.State.DRAFT, default_protocol_text())
    assert not ProtocolVersion.objects.exists()


def test_study_is_opened_at_once_where_asked(file: Path) -> None:
    call_command("create_study", str(file), "--slug", "mine", "--open")
    assert Study.objects.get().is_open


def test_rehearsal_under_the_default_protocol_takes_one_command() -> None:
    call_command("create_study", "--slug", "try-out", "--rehearsal", "--open")
    study = Study.objects.get()
    assert (study.is_rehearsal, study.is_open, study.draft) == (True, True, default_protocol_text())


def test_study_collects_unless_it_is_marked(file: Path) -> None:
    call_command("create_study", str(file), "--slug", "mine")
    assert Study.objects.get().purpose is Purpose.COLLECT


def test_broken_file_is_refused_with_key_and_expectation_and_nothing_is_made(file: Path) -> None:
    file.write_text(default_protocol_text().replace("supporter_criteria = 3", "supporter_criteria = 9"))
    with pytest.raises(CommandError, match=r"(?s)mine\.toml.*approval\.supporter_criteria.*less than or equal to 4"):
        call_command("create_study", str(file), "--slug", "mine", "--open")
    assert not Study.objects.exists()


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"[study\n", "not a TOML file"), (b"\xff\xfe", "UTF-8"), (b"", "study: expected this key, found nothing")],
)
def test_file_that_is_no_protocol_is_refused_with_a_sentence(file: Path, content: bytes, expected: str) -> None:
    file.write_bytes(content)
    with pytest.raises(CommandError, match=expected):
        call_command("create_study", str(file), "--slug", "mine")
    assert not Study.objects.exists()


def test_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"absent\.toml: No such file"):
        call_command("create_study", str(tmp_path / "absent.toml"), "--slug", "mine")


def test_slug_that_is_taken_is_refused(file: Path, study: Study) -> None:
    with pytest.raises(CommandError, match="already a study with the short name 'demo'"):
        call_command("create_study", str(file), "--slug", "demo")
    assert Study.objects.count() == 1


def test_slug_that_cannot_stand_in_an_address_is_refused(file: Path) -> None:
    with pytest.raises(CommandError, match="letters, digits, hyphens"):
        call_command("create_study", str(file), "--slug", "not this/one")
    assert not Study.objects.exists()
