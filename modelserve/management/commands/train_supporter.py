"""Trains a supporter on a corpus file: train_supporter FILE --out FOLDER --base NAME_OR_FOLDER|tiny."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from esc.errors import FileRefusal
from modelserve.engines.loading import needs
from modelserve.management.corpora import add_file_arguments

SETTINGS = ("epochs", "learning_rate", "warmup_steps", "batch_size", "accumulate", "seed", "precision", "save_every")


class Command(BaseCommand):
    help = (
        "Train a supporter on the conversations of a file in ESConv's format, as the paper did (Appendix C). Run again "
        "with the same arguments, it goes on where it was interrupted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_file_arguments(parser)
        parser.add_argument("--out", required=True, metavar="FOLDER", help="where the checkpoint is to be")
        parser.add_argument(
            "--base",
            required=True,
            metavar="NAME_OR_FOLDER",
            help="what to start from: a hub name (facebook/blenderbot_small-90M, microsoft/DialoGPT-small), a folder, "
            "or tiny or tiny-causal, made from nothing in minutes on a CPU",
        )
        parser.add_argument(
            "--variant",
            choices=("vanilla", "joint", "random", "oracle"),
            default="joint",
            help="vanilla sees no strategies; the others learn them, and differ in how they choose (default: joint)",
        )
        parser.add_argument("--epochs", type=int, help="default: 5; 6 for tiny. 0 leaves the base as it is")
        parser.add_argument("--learning-rate", type=float, help="default: 5e-5; 3e-3 for tiny")
        parser.add_argument("--warmup-steps", type=int, help="default: 120")
        parser.add_argument("--batch-size", type=int, help="pieces at once; default: 20; 16 for tiny")
        parser.add_argument("--accumulate", type=int, help="batches that make one step; default: 1")
        parser.add_argument("--seed", type=int, help="of the split and of everything random; default: 42")
        parser.add_argument(
            "--precision", choices=("auto", "fp32", "bf16"), help="default: auto, which is bf16 on a GPU alone"
        )
        parser.add_argument("--save-every", type=int, help="steps between two states to go on from; default: 200")
        parser.add_argument("--device", default="", help="cpu, cuda, cuda:1 …; default: a GPU where there is one")
        parser.add_argument("--tensorboard", metavar="FOLDER", help="write the curves for TensorBoard there, too")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with needs("torch", "transformers", "tokenizers", "tqdm", "matplotlib", "numpy"):
                from modelserve.management.training import train
            train(options, {name: options[name] for name in SETTINGS if options[name] is not None}, self.stdout.write)
        except FileRefusal as refusal:
            raise CommandError(f"{options['file']}: nothing was trained. {refusal}") from refusal
        self.stdout.write(f"The checkpoint is in {Path(options['out'])}; docs/models.md says how to score and seat it.")
