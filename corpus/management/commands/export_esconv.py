"""Exports a study's conversations as ESConv JSON into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from corpus.exporting import exportable, write_esconv
from esc.studies.models import Study
from qc.services import judge_all_waiting
from qc.verdicts import Decision


class Command(BaseCommand):
    help = "Export a study's collected conversations that are over to FOLDER/esconv.json, in the release's format."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG", help="the study's short name")
        parser.add_argument("--out", required=True, metavar="FOLDER", help="where to write; made where it is missing")
        parser.add_argument(
            "--verdict",
            default="",
            choices=[decision.value for decision in Decision],
            help="only conversations whose latest verdict is this one; those that wait for one are judged first",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            known = ", ".join(Study.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no study {options['study']!r}. Studies: {known}.")
        if options["verdict"]:
            judge_all_waiting(now=timezone.now(), study_id=study.pk)
        folder, conversations = Path(options["out"]), study.conversations.all()
        try:
            tally = write_esconv(exportable(conversations, verdict=options["verdict"]), folder)
        except OSError as error:
            raise CommandError(f"{folder}: cannot be written to: {error.strerror or error}") from error
        self.stdout.write(f"Wrote {_counted(tally.conversations)} to {folder / 'esconv.json'}.")
        collected = conversations.collected()
        self._left_out(collected.open().count(), "still open")
        self._left_out(exportable(conversations).count() - tally.conversations, f"not {options['verdict']}")
        if tally.scores_without_carrier:
            scores = _counted(tally.scores_without_carrier, "feedback score")
            self.stdout.write(f"Left out {scores}: no utterance of the seeker came after to carry it.")

    def _left_out(self, count: int, why: str) -> None:
        if count > 0:
            self.stdout.write(f"Left out {_counted(count)}: {why}.")


def _counted(count: int, what: str = "conversation") -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
