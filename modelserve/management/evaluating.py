"""What `evaluate_supporter` does when torch is there: reads, scores, and writes the report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from esc.errors import FileRefusal
from modelserve.engines.loading import checkpoint_hash
from modelserve.engines.tensors.checkpoint import architecture_of, read_checkpoint
from modelserve.management.corpora import corpus_in
from modelserve.training.evaluation import Row, as_dict, by_progress, likeliest_right, rows_of
from modelserve.training.finish import read_record
from modelserve.training.metrics import TOKENISATION, Vectors, read_vectors
from modelserve.training.pieces import Piece, pieces_of, split_of
from modelserve.training.report import Report, latex, markdown
from modelserve.training.teaching import Corpus


def evaluate(options: Mapping[str, Any], say: Callable[[str], object]) -> None:
    """The report is in the folder of `--out`. Raises FileRefusal where something asked for cannot be."""
    _check(options)
    kinds = {name: architecture_of(name) for name in options["checkpoints"]}
    corpus = corpus_in(options["file"], options["mapping"])
    chosen = _chosen(corpus, options["checkpoints"], options["part"])
    rows: list[Row] = []
    likeliest: dict[str, float] = {}
    pieces: list[Piece] = []
    for name in options["checkpoints"]:
        checkpoint = read_checkpoint(name, kinds[name], variant="", decoding={}, device=options["device"], precise=True)
        pieces = pieces_of(corpus.dialogues, chosen, checkpoint.generation.context_utterances)[: options["limit"]]
        if not pieces:
            raise FileRefusal("", f"the {options['part']} part has no supporter's utterance to be compared with")
        backbone = _backbone(name)
        rows += rows_of(
            checkpoint,
            backbone,
            pieces,
            _vectors(options["vectors"]),
            samples=options["samples"],
            seed=options["seed"],
            batch=options["batch_size"],
            bar=True,
        )
        if checkpoint.words.strategies:
            likeliest[name] = likeliest_right(checkpoint, pieces, options["batch_size"])
    strategies = [piece.target.strategy for piece in pieces]
    majority, most = Counter(strategies).most_common(1)[0]
    report = Report(
        rows=rows,
        part=f"{_part(options['part'])} of {Path(options['file']).name}: {len({p.conversation for p in pieces})} "
        f"conversations, {len(pieces)} replies",
        samples=options["samples"],
        vectors=Path(options["vectors"]).name if options["vectors"] else "",
        corpus_progress=by_progress(strategies, pieces),
        majority=(majority, 100 * most / len(pieces)),
        likeliest={_backbone(name): value for name, value in likeliest.items()},
    )
    _write(report, options, corpus)
    say(markdown(report))
    say(f"Written to {options['out']}: report.json, report.md, report.tex.")


def _chosen(corpus: Corpus, checkpoints: Sequence[str], part: str) -> Sequence[int]:
    """The conversations to be scored. Raises FileRefusal where a checkpoint may have learned from them."""
    everything = range(len(corpus.dialogues))
    if part == "all":
        return everything
    splits = {}
    for name in checkpoints:
        made_with = (read_record(Path(name)) or {}).get("made_with", {})
        if made_with.get("file") != corpus.sha256:
            raise FileRefusal(
                name,
                "this checkpoint was not trained on this file (with these --map), so the file has no part that it "
                "was tested on; --part all scores every conversation",
            )
        splits[name] = split_of(len(everything), tuple(made_with["split"]), made_with["seed"])
    if len(set(splits.values())) > 1:
        raise FileRefusal(", ".join(checkpoints), "these were trained with different --seed, so on different parts")
    chosen: Sequence[int] = getattr(next(iter(splits.values())), part)
    return chosen


def _vectors(path: str | None) -> Callable[[set[str]], Vectors] | None:
    return (lambda vocabulary: read_vectors(path, vocabulary)) if path else None


def _write(report: Report, options: Mapping[str, Any], corpus: Corpus) -> None:
    out = Path(options["out"])
    out.mkdir(parents=True, exist_ok=True)
    found = {
        "measured_on": report.part,
        "file": corpus.sha256,
        "tokenisation": TOKENISATION,
        "vectors": report.vectors or "not computed (no word vectors given)",
        "samples": report.samples,
        "seed": options["seed"],
        "checkpoints": {name: checkpoint_hash(name) for name in options["checkpoints"]},
        "majority": {"strategy": report.majority[0], "accuracy": report.majority[1]},
        "likeliest_strategy_accuracy": dict(report.likeliest),
        "corpus_progress": list(report.corpus_progress),
        "rows": [as_dict(row) for row in report.sorted_rows],
    }
    (out / "report.json").write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (out / "report.md").write_text(markdown(report), encoding="utf-8")
    (out / "report.tex").write_text(latex(report), encoding="utf-8")


def _check(options: Mapping[str, Any]) -> None:
    for name, lowest in {"samples": 0, "batch_size": 1, "seed": 0, "limit": 1}.items():
        if options[name] is not None and options[name] < lowest:
            raise FileRefusal(f"--{name.replace('_', '-')}", f"expected {lowest} or more")
    names = [_backbone(name) for name in options["checkpoints"]]
    if len(set(options["checkpoints"])) < len(names):
        raise FileRefusal(", ".join(options["checkpoints"]), "a checkpoint is named twice")


def _backbone(checkpoint: str) -> str:
    """What the checkpoint was made from, as the table names it: its base, or its own name where it does not say."""
    base = (read_record(Path(checkpoint)) or {}).get("made_with", {}).get("base")
    return Path(str(base or checkpoint)).name


def _part(part: str) -> str:
    return "all" if part == "all" else f"the {part} part"
