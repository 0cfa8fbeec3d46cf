"""`manage.py create_study [FILE] --slug SLUG`: a study from a protocol file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from esc.errors import FileRefusal, Refusal
from esc.studies.loading import default_protocol_text
from esc.studies.services import create_study, open_study


class Command(BaseCommand):
    help = "Makes a study from a protocol file. A file that is wrong is refused with the key at fault; nothing is made."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="a protocol file (TOML); without one, the default")
        parser.add_argument("--slug", required=True, help="the study's short name, which stands in its addresses")
        parser.add_argument("--open", action="store_true", help="open it at once: freeze the protocol and take people")
        parser.add_argument("--rehearsal", action="store_true", help="for scripted people: nothing of it is collected")

    def handle(self, *args: Any, file: Path | None, slug: str, **options: Any) -> None:
        try:
            # utf-8-sig: some editors put a mark at the beginning
            text = file.read_text(encoding="utf-8-sig") if file else default_protocol_text()
            with transaction.atomic():
                study = create_study(slug=slug, text=text, is_rehearsal=options["rehearsal"])
                if options["open"]:
                    open_study(study_id=study.pk)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{file}: expected a text file in UTF-8, found byte {error.start} to be none") from error
        except FileRefusal as refusal:
            raise CommandError(f"{file} is not a protocol file:\n{refusal}") from refusal
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        kind = "rehearsal" if study.is_rehearsal else "study"
        self.stdout.write(f"The {kind} {slug!r} is {'open' if options['open'] else 'made, as a draft'}.")
