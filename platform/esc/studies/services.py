"""What can be done with a study: make it, open it under a frozen protocol, close its entrance."""

from __future__ import annotations

from django.db import transaction

from esc.studies.loading import parse_protocol, sha256
from esc.studies.models import ProtocolVersion, Study


@transaction.atomic
def create_study(*, slug: str, text: str) -> Study:
    """A new draft study with this protocol file. Raises FileRefusal where the file is wrong; then nothing is made."""
    parse_protocol(text)
    return Study.objects.create(slug=slug, draft=text)


@transaction.atomic
def open_study(*, study_id: int) -> ProtocolVersion:
    """The study takes participants under a frozen copy of its draft; an unchanged draft keeps its version.

    Raises FileRefusal where the draft is wrong; then the study stays as it was.
    """
    study = Study.objects.select_for_update().get(pk=study_id)
    parse_protocol(study.draft)
    newest = study.versions.order_by("-number").first()
    if newest is None or newest.text != study.draft:
        number = 1 if newest is None else newest.number + 1
        newest = study.versions.create(number=number, text=study.draft, sha256=sha256(study.draft))
    study.state = Study.State.OPEN
    study.save(update_fields=["state"])
    return newest


@transaction.atomic
def close_study(*, study_id: int) -> None:
    """No new person gets in. Whoever is in goes on to the end."""
    Study.objects.filter(pk=study_id).update(state=Study.State.CLOSED)
