"""Imports a corpus file in the release's format into a study: all of it, or nothing."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from corpus.importing import import_esconv
from corpus.reading import read_file
from esc.errors import FileRefusal
from esc.studies.models import Study


class Command(BaseCommand):
    help = (
        "Import conversations from a JSON file in ESConv's format into a study, which is made from the default "
        "protocol where there is none. They come after what was imported before: a file imported twice is there twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a JSON array of conversations")
        parser.add_argument("--study", required=True, metavar="SLUG", help="the study's short name")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            dest="mapping",
            metavar='"THEIRS=OURS"',
            help="read their label as one of ours; may be given several times",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        slug: str = options["study"]
        try:
            Study._meta.get_field("slug").run_validators(slug)
        except ValidationError as error:
            raise CommandError(f"--study {slug!r}: {error.messages[0]}") from error
        try:
            done = import_esconv(slug=slug, data=read_file(options["file"]), mapping=options["mapping"])
        except FileRefusal as refusal:
            raise CommandError(f"{options['file']} was not imported. {refusal}") from refusal
        if done.made_study:
            self._say_that_it_is_new(slug)
        what = "conversation" if done.conversations == 1 else "conversations"
        self.stdout.write(f"Imported {done.conversations} {what} into the study {slug}.")
        if done.conversations:
            last = done.first_index + done.conversations - 1
            self.stdout.write(f"Their import index runs from {done.first_index} to {last}.")

    def _say_that_it_is_new(self, slug: str) -> None:
        """A mistyped name is seen at once: which studies there were before stands beside it."""
        others = ", ".join(Study.objects.exclude(slug=slug).values_list("slug", flat=True)) or "none"
        self.stdout.write(
            self.style.WARNING(
                f"There was no study {slug!r}: A NEW STUDY WAS MADE from the default protocol. "
                f"It is closed to participants. Studies there were already: {others}."
            )
        )
