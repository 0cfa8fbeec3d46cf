"""Judges a corpus file without importing it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from corpus.judging import judge_records
from corpus.mapping import parse_mapping
from corpus.reading import read_corpus, read_file
from esc.errors import FileRefusal
from esc.studies.loading import default_protocol_text, parse_protocol
from qc.thresholds import NAMES, parse_rules
from qc.verdicts import Decision, Judgement


class Command(BaseCommand):
    help = "Judge every conversation of a file in ESConv's format by the default protocol's rules, or by others."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a JSON array of conversations")
        parser.add_argument(
            "--rules",
            default="",
            metavar="RULE=THRESHOLD,…",
            help=f"other thresholds than the default protocol's, for any of: {', '.join(NAMES)}",
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            dest="mapping",
            metavar='"THEIRS=OURS"',
            help="read their label as one of ours; may be given several times",
        )
        parser.add_argument("--json", action="store_true", help="print a JSON array in the file's order")

    def handle(self, *args: Any, **options: Any) -> None:
        protocol = parse_protocol(default_protocol_text())
        try:
            rules = parse_rules(options["rules"], protocol.approval)
            mapped = parse_mapping(options["mapping"], protocol)
            records = read_corpus(read_file(options["file"]), protocol, mapped)
        except FileRefusal as refusal:
            raise CommandError(f"{options['file']} was not judged. {refusal}") from refusal
        judgements = list(judge_records(records, rules, protocol.length.unit))
        self.stdout.write(_as_json(judgements) if options["json"] else _as_table(judgements))


def _as_json(judgements: Sequence[Judgement]) -> str:
    return json.dumps(
        [
            {
                "index": index,
                "verdict": judgement.decision,
                "findings": [finding.as_dict() for finding in judgement.findings],
            }
            for index, judgement in enumerate(judgements)
        ],
        indent=1,
    )


def _as_table(judgements: Sequence[Judgement]) -> str:
    """A line for each conversation with what it failed, then the counts."""
    lines = ["index  verdict   what did not hold"]
    for index, judgement in enumerate(judgements):
        failed = [finding for finding in judgement.findings if not finding.passed]
        held = ", ".join(f"{finding.rule} {_short(finding.value)}" for finding in failed)
        lines.append(f"{index:>5}  {judgement.decision:<8}  {held or '–'}")
    counts = Counter(judgement.decision for judgement in judgements)
    lines += ["", ", ".join(f"{counts[decision]} {decision}" for decision in Decision) + f" of {len(judgements)}"]
    return "\n".join(lines)


def _short(value: object) -> str:
    match value:
        case None:
            return "missing"
        case float():
            return f"{value:.3f}"
        case tuple():
            return "/".join(map(str, value)) or "none"
        case _:
            return str(value)
