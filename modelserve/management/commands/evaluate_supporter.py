"""Scores checkpoints on a corpus file, side by side as in the paper's Table 4."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from esc.errors import FileRefusal
from modelserve.engines.loading import needs
from modelserve.management.corpora import add_file_arguments


class Command(BaseCommand):
    help = (
        "Score checkpoints on the conversations of a file that they have not learned from. One trained with strategies "
        "speaks as Joint, Random and Oracle, one without as Vanilla; the folder then holds the table as JSON, Markdown "
        "and LaTeX."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_file_arguments(parser)
        parser.add_argument("checkpoints", nargs="+", metavar="CHECKPOINT", help="a folder or a hub name, or several")
        parser.add_argument("--out", required=True, metavar="FOLDER", help="where the report is to be")
        parser.add_argument(
            "--part",
            choices=("test", "validation", "all"),
            default="test",
            help="which part of the file, split as in the checkpoints' training; all, for a file they never saw",
        )
        parser.add_argument("--vectors", metavar="FILE", help="word vectors as text (GloVe), for Extrema")
        parser.add_argument("--limit", type=int, metavar="N", help="only the first N replies; default: all")
        parser.add_argument("--samples", type=int, default=1_000, metavar="N", help="bootstrap draws; default: 1000")
        parser.add_argument("--batch-size", type=int, default=32, metavar="N", help="replies at once; default: 32")
        parser.add_argument("--seed", type=int, default=42, help="of the replies and the draws; default: 42")
        parser.add_argument("--device", default="", help="cpu, cuda, cuda:1 …; default: a GPU where there is one")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with needs("torch", "transformers", "tqdm", "numpy", "sacrebleu", "rouge_score"):
                from modelserve.management.evaluating import evaluate
            evaluate(options, self.stdout.write)
        except FileRefusal as refusal:
            raise CommandError(f"{options['file']}: nothing was scored. {refusal}") from refusal
