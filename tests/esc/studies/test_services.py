"""Making, opening and closing a study; what it was run under never changes."""

from __future__ import annotations

import pytest

from esc.errors import FileRefusal, Refusal
from esc.studies.loading import default_protocol_text, sha256
from esc.studies.models import ProtocolVersion, Study
from esc.studies.services import close_study, create_study, open_study

pytestmark = pytest.mark.django_db
TEXT = default_protocol_text()


def redraft(study: Study, text: str) -> None:
    Study.objects.filter(pk=study.pk).update(draft=text)


def test_new_study_is_a_draft_without_a_version() -> None:
    study = create_study(slug="mine", text=TEXT)
    assert (study.state, study.is_open) == (Study.State.DRAFT, False)
    with pytest.raises(ProtocolVersion.DoesNotExist):
        _ = study.version


def test_opening_freezes_a_copy_with_its_hash() -> None:
    study = create_study(slug="mine", text=TEXT)
    version = open_study(study_id=study.pk)
    study.refresh_from_db()
    assert study.is_open
    assert (version.number, version.text, version.sha256) == (1, TEXT, sha256(TEXT))
    assert study.protocol.study.title == version.protocol.study.title


def test_opening_again_with_the_same_draft_keeps_the_version(study: Study) -> None:
    close_study(study_id=study.pk)
    assert open_study(study_id=study.pk).number == 1
    assert study.versions.count() == 1


def test_changed_draft_is_a_new_version_and_the_old_one_stays(study: Study) -> None:
    redraft(study, TEXT.replace("pass_mark = 11", "pass_mark = 6"))
    assert study.protocol.training.pass_mark == 11
    assert open_study(study_id=study.pk).number == 2
    assert study.protocol.training.pass_mark == 6
    assert study.versions.get(number=1).protocol.training.pass_mark == 11


def test_going_back_to_an_earlier_text_is_a_new_version_too(study: Study) -> None:
    redraft(study, TEXT + "\n")
    open_study(study_id=study.pk)
    redraft(study, TEXT)
    assert open_study(study_id=study.pk).number == 3


def test_broken_draft_opens_nothing_and_changes_nothing(study: Study) -> None:
    close_study(study_id=study.pk)
    redraft(study, TEXT.replace("pass_mark = 11", "pass_mark = -1"))
    with pytest.raises(FileRefusal, match=r"training\.pass_mark"):
        open_study(study_id=study.pk)
    study.refresh_from_db()
    assert (study.state, study.versions.count()) == (Study.State.CLOSED, 1)


def test_draft_that_drops_a_links_panel_is_refused_by_the_links_name(study: Study) -> None:
    study.links.create(label="Our panel", panel="generic")
    dropped = TEXT.replace('name = "generic"', 'name = "other"')
    redraft(study, dropped)
    with pytest.raises(FileRefusal, match="the link 'Our panel', panel: expected one of") as caught:
        open_study(study_id=study.pk)
    assert "(direct, prolific, other)" in str(caught.value)
    assert study.versions.count() == 1


def test_broken_file_makes_no_study() -> None:
    with pytest.raises(FileRefusal):
        create_study(slug="mine", text="[study]")
    assert not Study.objects.exists()


@pytest.mark.parametrize(("slug", "code"), [("demo", "slug_taken"), ("a b", "bad_slug"), ("", "bad_slug")])
def test_short_name_that_cannot_be_is_refused(study: Study, slug: str, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        create_study(slug=slug, text=TEXT)
    assert caught.value.code == code
    assert Study.objects.count() == 1


def test_closing_twice_is_closing_once(study: Study) -> None:
    close_study(study_id=study.pk)
    close_study(study_id=study.pk)
    study.refresh_from_db()
    assert not study.is_open
