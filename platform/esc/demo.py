"""What somebody needs who tries the platform out: a study with links, and a researcher who may open the admin."""

from __future__ import annotations

import secrets

from django.contrib.auth import get_user_model
from django.db import transaction

from esc.ontology import Role
from esc.studies.loading import default_protocol_text
from esc.studies.models import EntryLink, Study
from esc.studies.services import create_study, open_study

SLUG = "demo"
RESEARCHER = "researcher"
LINKS = (
    ("Seeker", Role.SEEKER, "people"),
    ("Supporter", Role.SUPPORTER, "people"),
    ("Chat with the scripted supporter", Role.SEEKER, "scripted"),
)  # label, role, arm


@transaction.atomic
def ensure_demo_study() -> list[EntryLink]:
    """There is a study `demo` with one link for each of LINKS. What is there already stays as it is.

    A new study is made from the default protocol and opened. Comes back with the links, in the order of LINKS.
    """
    study = Study.objects.filter(slug=SLUG).first()
    if study is None:
        study = create_study(slug=SLUG, text=default_protocol_text())
        open_study(study_id=study.pk)
    return [
        EntryLink.objects.get_or_create(study=study, label=label, defaults={"role": role, "arm": arm})[0]
        for label, role, arm in LINKS
    ]


def ensure_researcher() -> str | None:
    """There is an account `researcher` for the admin. The password of one that was just made, else None.

    The password is stored as a hash alone: this is the only time that it can be read.
    """
    accounts = get_user_model().objects
    if accounts.filter(username=RESEARCHER).exists():
        return None
    password = secrets.token_urlsafe(12)
    accounts.create_superuser(username=RESEARCHER, password=password)
    return password
