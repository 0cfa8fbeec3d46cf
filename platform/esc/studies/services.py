"""What can be done with a study: make it, open it under a frozen protocol, close its entrance."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from esc.errors import FileRefusal, Refusal
from esc.studies.links import link_faults
from esc.studies.loading import parse_protocol, sha256
from esc.studies.models import ProtocolVersion, Study
from esc.studies.opening import check_opening


@transaction.atomic
def create_study(*, slug: str, text: str, is_rehearsal: bool = False) -> Study:
    """A new draft study with this protocol file. Raises FileRefusal where the file is wrong; then nothing is made.

    Refuses (`bad_slug`, `slug_taken`) a short name that cannot stand in an address, or that another study has.
    """
    parse_protocol(text)
    try:
        validate_slug(slug)
    except ValidationError:
        raise Refusal(
            "bad_slug", f"The short name {slug!r} cannot be used: take letters, digits, hyphens and underscores alone."
        ) from None
    if Study.objects.filter(slug=slug).exists():
        raise Refusal("slug_taken", f"There is already a study with the short name {slug!r}. Choose another one.")
    return Study.objects.create(slug=slug, draft=text, is_rehearsal=is_rehearsal)


@transaction.atomic
def open_study(*, study_id: int) -> ProtocolVersion:
    """The study takes participants under a frozen copy of its draft; an unchanged draft keeps its version.

    Raises FileRefusal where the draft is wrong, where an upper floor cannot run it (see opening.py), or where one of
    the study's links would lead nowhere under it; then the study stays as it was.
    """
    study = Study.objects.select_for_update().get(pk=study_id)
    protocol = parse_protocol(study.draft)
    check_opening(protocol)
    for link in study.links.all():
        for field, reason in link_faults(protocol, panel=link.panel, role=link.role, arm=link.arm).items():
            raise FileRefusal(f"the link {link.label!r}, {field}", reason)
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
