"""A corpus file as the training sees it: utterances and strategies, nothing of people."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.core.management.base import CommandParser

from corpus.mapping import parse_mapping
from corpus.reading import read_corpus, read_file
from esc.ontology import Role
from esc.studies.loading import default_protocol_text, parse_protocol
from modelserve.engines.base import Heard
from modelserve.training.teaching import Corpus


def add_file_arguments(parser: CommandParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a JSON array of conversations in ESConv's format")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        dest="mapping",
        metavar='"THEIRS=OURS"',
        help="read their label as one of ours; may be given several times",
    )


def corpus_in(path: str, mapping: Sequence[str]) -> Corpus:
    """The conversations of that file under the default protocol. Raises FileRefusal where it cannot be read."""
    protocol, data = parse_protocol(default_protocol_text()), read_file(path)
    records = read_corpus(data, protocol, parse_mapping(mapping, protocol))
    dialogues = [
        tuple(Heard(Role(line.speaker), line.content, line.annotation.strategy) for line in record.dialog)
        for record in records
    ]
    named = hashlib.sha256(data + "\0".join(sorted(mapping)).encode()).hexdigest()
    return Corpus(dialogues, tuple(protocol.strategy_names), named)
