"""`manage.py check_training [NAME]`: is the content right, where is its bank thin, and how long does it take?"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from esc.errors import FileRefusal
from esc.studies.loading import default_protocol_text, parse_protocol
from esc.studies.models import Study
from esc.studies.schema import Protocol
from tutorial.fitting import misfits
from tutorial.loading import FOLDER, Content, load_content
from tutorial.minutes import examination_minutes, whole_minutes
from tutorial.thin import thin_spots


class Command(BaseCommand):
    help = "Validate the training's content files and list the thin spots of the bank of questions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="a folder of tutorial/content; all of them where none is named")
        parser.add_argument("--study", help="hold it against this study's protocol instead of the default one")

    def handle(self, *args: Any, **options: Any) -> None:
        protocol = self._protocol(options["study"])
        names = (
            [options["name"]] if options["name"] else sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
        )
        wrong = [name for name in names if not self._check(name, protocol)]
        if wrong:
            raise CommandError(f"The training is not right: {', '.join(wrong)}")

    def _protocol(self, slug: str | None) -> Protocol:
        if slug is None:
            return parse_protocol(default_protocol_text())
        try:
            return Study.objects.get(slug=slug).version.protocol
        except Study.DoesNotExist:
            raise CommandError(f"There is no study {slug!r}.") from None

    def _check(self, name: str, protocol: Protocol) -> bool:
        """Whether that content can be taught under this protocol; says what there is to say."""
        try:
            content = load_content(name)
        except FileRefusal as refusal:
            self.stderr.write(f"{name}/{refusal}")
            return False
        self.stdout.write(f"{name}, version {content.version}")
        self._table(content)
        self._minutes(content, protocol)
        for spot in thin_spots(content):
            self.stdout.write(f"  thin: {spot}")
        reasons = misfits(content, protocol)
        for reason in reasons:
            self.stderr.write(f"  does not fit {protocol.study.title!r}: {reason}")
        return not reasons

    def _table(self, content: Content) -> None:
        for slug, file in content.files.items():
            kinds = [item.kind for item in file.questions]
            counted = ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))
            self.stdout.write(f"  {slug:<16} {len(kinds):>3} questions ({counted})")

    def _minutes(self, content: Content, protocol: Protocol) -> None:
        training = protocol.training
        for what, needed, said in (
            ("the whole training", whole_minutes(content, training.questions), training.minutes),
            ("an examination", examination_minutes(training.questions, content), training.examination_minutes),
        ):
            self.stdout.write(f"  {what}: {needed} minutes by its words; the protocol says {said}")
            if needed > said:
                self.stdout.write(f"  thin: {what} is announced and paid as {said} minutes, but takes about {needed}")
