"""`python -m tests.browser.prepare SLUG [KEY=VALUE …]`: an open study for one browser test, its links as JSON.

`model=FOLDER` adds an arm in which the checkpoint in that folder supports; it waits until a worker has it in memory.

Runs as a process of its own in the server's environment: the tests themselves never touch the database.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Mapping

import django

# A scripted partner and a cool-down that do not keep a test waiting; everything else is the default protocol.
QUICK = {"cool_down": "2", "turn_delay": "1", "base": "0.6", "per_character": "0", "longest": "0.6"}


LOADING = 90  # seconds, the first import of torch included


def quick_protocol(changes: Mapping[str, str]) -> str:
    """The default protocol with the clocks of QUICK, and with these keys changed."""
    from esc.studies.loading import default_protocol_text

    text = default_protocol_text()
    for key, value in {**QUICK, **changes}.items():
        text, found = re.subn(rf"^{key} = \S+", f"{key} = {value}", text, flags=re.MULTILINE)
        if found != 1:
            raise SystemExit(f"expected the key {key!r} once in the default protocol, found it {found} times")
    return text


def seat_model(checkpoint: str) -> str:
    """A worker has this checkpoint in memory; comes back with what a protocol says of it."""
    from django.utils import timezone

    from modelserve.models import Agent, Health

    agent = Agent.objects.create(name=f"Model {Agent.objects.count() + 1}", engine="seq2seq", checkpoint=checkpoint)
    deadline = time.monotonic() + LOADING
    while not agent.health.ready(timezone.now()).exists():
        if time.monotonic() > deadline:
            raise SystemExit(f"no worker has the model: {list(Health.objects.values_list('error', flat=True))}")
        time.sleep(0.2)
    return f"""
[[agents]]
name = "{agent.name}"
engine = "model"

[[arms]]
name = "model"
supporter = "{agent.name}"
weight = 0
"""


def main(slug: str, *changes: str) -> None:
    """Make the study and print where a seeker, a supporter, whoever may choose, and who chats with a script arrive."""
    from django.contrib.auth import get_user_model

    from esc.studies.services import create_study, open_study

    keys = dict(change.split("=", 1) for change in changes)
    model = keys.pop("model", "")
    study = create_study(slug=slug, text=quick_protocol(keys) + (seat_model(model) if model else ""))
    open_study(study_id=study.pk)
    fixed = {
        "seeker": {"role": "seeker", "arm": "people"},
        "supporter": {"role": "supporter", "arm": "people"},
        "either": {"arm": "people"},
        "scripted": {"role": "seeker", "arm": "scripted"},
    }
    if model:
        fixed["model"] = {"role": "seeker", "arm": "model"}
    links = {name: study.links.create(label=name, **fields).get_absolute_url() for name, fields in fixed.items()}
    accounts = get_user_model().objects
    if not accounts.filter(username="researcher").exists():
        accounts.create_superuser("researcher", password=os.environ["RESEARCHER_PASSWORD"])
    print(json.dumps({"study": study.pk, "links": links}))  # noqa: T201


if __name__ == "__main__":
    django.setup()
    main(*sys.argv[1:])
