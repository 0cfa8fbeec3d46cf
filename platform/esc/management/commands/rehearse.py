"""`manage.py rehearse --pairs N`: a whole study, played by scripted people against a running server."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Iterator
from itertools import count, cycle
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urljoin

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat.rehearsal import rehearsal_study
from chat.rehearse.play import Crowd, play
from chat.rehearse.script import Script, made_up, replayed
from chat.rehearse.stage import Stage
from corpus.esconv import Record
from corpus.mapping import parse_mapping
from corpus.reading import read_corpus, read_file
from esc.errors import FileRefusal, Refusal
from esc.ontology import Role
from esc.studies.loading import default_protocol_text, parse_protocol
from esc.studies.models import Study
from esc.studies.services import create_study, open_study
from tutorial.loading import load_content
from tutorial.quiz import answer_key


class Command(BaseCommand):
    help = (
        "Plays a whole study with scripted people through the real pages and sockets of a running server, and prints "
        "what was lost, doubled, out of order or stuck. Exits with 1 if anything was. Without --study and --links it "
        "makes a rehearsal of its own in the database that the server uses, too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("--pairs", required=True, type=int, help="how many seekers, and as many supporters")
        add("--url", action="append", help="where the site is served (several: people spread over them)")
        add("--study", help="the short name of an open study that is marked a rehearsal")
        add("--links", nargs=2, metavar=("SEEKER", "SUPPORTER"), help="links of a rehearsal in another database")
        add("--messages", type=int, default=20, help="messages to a conversation that is made up")
        add("--replay", type=Path, help="a corpus file in the release's format, whose conversations are said again")
        add("--map", action="append", default=[], metavar="THEIRS=OURS", help="a label of the file that is ours")
        add("--pace", type=float, default=1.0, help="seconds between two messages of one person, on average")
        add("--patience", type=float, default=120.0, help="seconds without a step after which a person is stuck")
        add("--drop-outs", type=float, default=0.0, help="per cent of the conversations that somebody just leaves")
        add("--double-tabs", type=float, default=0.0, help="per cent of the people who open the chat twice")
        add("--slow", type=float, default=0.0, help="per cent of the people whose network is slow")
        add("--reloads", type=float, default=0.0, help="per cent of the people who reload the chat in the middle")
        add("--seed", type=int, help="play the same rehearsal again")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["pairs"] < 1:
            raise CommandError(f"--pairs: expected a number from 1, found {options['pairs']}")
        seed = options["seed"] if options["seed"] is not None else secrets.randbelow(10**6)
        urls = tuple(options["url"] or ["http://127.0.0.1:8000"])
        try:
            study = None if options["links"] else _study(options["study"])
            scripts = _scripts(options, study, rng := Random(seed))  # noqa: S311 - so that it can be played again
        except FileRefusal as refusal:
            raise CommandError(f"{options['replay']}: {refusal}") from refusal
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        stage = Stage(
            scripts=scripts,
            rng=rng,
            # The examination is sat for real: scripted people have its key from where the site has it.
            answers=answer_key(load_content("en").bank.values()),
            pace=options["pace"],
            patience=options["patience"],
            drop_outs=options["drop_outs"],
        )
        crowd = Crowd(
            pairs=options["pairs"],
            urls=urls,
            links=_links(study, urls[0]) if study else dict(zip(Role, options["links"], strict=True)),
            double_tabs=options["double_tabs"],
            slow=options["slow"],
            reloads=options["reloads"],
        )
        self.stdout.write(f"{crowd.pairs} pairs come to {', '.join(urls)} (--seed {seed}).")
        result = asyncio.run(play(stage, crowd, self.stdout.write))
        self.stdout.write(result.table)
        if not result.verdict.is_kept:
            sys.exit(1)


def _study(slug: str | None) -> Study:
    """The rehearsal of that name; without a name a new one under the default protocol."""
    if slug:
        return rehearsal_study(slug)
    study = create_study(slug=f"rehearsal-{secrets.token_hex(3)}", text=default_protocol_text(), is_rehearsal=True)
    open_study(study_id=study.pk)
    return study


def _links(study: Study, url: str) -> dict[Role, str]:
    """Where seekers and supporters arrive who are to talk to people."""
    arm = next((arm.name for arm in study.protocol.arms if arm.supporter == "person"), "")
    links = {}
    for role in Role:
        link, _ = study.links.get_or_create(label=f"Rehearsal, {role}", defaults={"role": role, "arm": arm})
        links[role] = urljoin(url, link.get_absolute_url())
    return links


def _scripts(options: dict[str, Any], study: Study | None, rng: Random) -> Iterator[Script]:
    """What each conversation says: made up, or the file's conversations in turn."""
    if options["replay"] is None:
        return (made_up(rng, options["messages"]) for _ in count())
    protocol = study.protocol if study else parse_protocol(default_protocol_text())
    mapped = parse_mapping(options["map"], protocol)
    records = read_corpus(read_file(options["replay"]), protocol, mapped)
    return cycle([_lines(record) for record in records])


def _lines(record: Record) -> Script:
    return replayed([(Role(said.speaker), said.content, said.annotation.strategy) for said in record.dialog])
