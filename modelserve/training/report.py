"""Table 4 for these checkpoints, as Markdown and as LaTeX. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelserve.training.bootstrap import Figure
from modelserve.training.evaluation import Row
from modelserve.training.metrics import TOKENISATION
from modelserve.training.pieces import INTERVALS

COLUMNS: Mapping[str, str] = {
    "perplexity": "PPL",
    "bleu_2": "B-2",
    "rouge_l": "R-L",
    "extrema": "Extrema",
    "distinct_1": "D-1",
    "distinct_2": "D-2",
    "strategy_accuracy": "Acc.",
    "strategy_macro_f1": "F1",
}
ORDER = ("vanilla", "joint", "random", "oracle")


@dataclass(frozen=True)
class Report:
    """What was measured, and on what."""

    rows: Sequence[Row]
    part: str  # "the test part of FILE: 41 conversations, 598 replies"
    samples: int
    vectors: str  # the file's name; "" where there was none
    corpus_progress: Sequence[Mapping[str, float]]  # of the supporters' own strategies, over the same pieces
    majority: tuple[str, float]  # the strategy that is most frequent in them, and its share of a hundred
    likeliest: Mapping[str, float]  # backbone → how often of a hundred its likeliest strategy is right

    @property
    def sorted_rows(self) -> list[Row]:
        return sorted(self.rows, key=lambda row: (row.backbone, ORDER.index(row.variant)))


def markdown(report: Report) -> str:
    heads = ["Backbone", "Variant", *COLUMNS.values()]
    lines = [
        "# How well the models reply",
        "",
        f"Measured on {report.part}. In brackets: 95 % of {report.samples:,} bootstrap draws of whole conversations.",
        "",
        _row(heads),
        _row(["---", "---", *["---:"] * len(COLUMNS)]),
    ]
    for row in report.sorted_rows:
        cells = [_cell(row.figures.get(name), " ({}–{})") for name in COLUMNS]
        lines.append(_row([row.backbone, row.variant.capitalize(), *cells]))
    lines += ["", *_notes(report), "", *_progress(report)]
    return "\n".join(lines) + "\n"


def latex(report: Report) -> str:
    """A table that stands by itself with booktabs; intervals are in small figures behind the values."""
    lines = [
        "% Made by manage.py evaluate_supporter; needs \\usepackage{booktabs}",
        "\\begin{tabular}{ll" + "r" * len(COLUMNS) + "}",
        "\\toprule",
        " & ".join(["Backbone", "Variant", *COLUMNS.values()]) + " \\\\",
        "\\midrule",
    ]
    for row in report.sorted_rows:
        cells = [_cell(row.figures.get(name), " {{\\scriptsize [{}, {}]}}") for name in COLUMNS]
        lines.append(" & ".join([_tex(row.backbone), row.variant.capitalize(), *cells]) + " \\\\")
    return "\n".join([*lines, "\\bottomrule", "\\end{tabular}"]) + "\n"


def _notes(report: Report) -> list[str]:
    extrema = f"word vectors of {report.vectors}" if report.vectors else "not computed (no word vectors given)"
    name, share = report.majority
    likeliest = "".join(f" {backbone}: {value:.1f}." for backbone, value in sorted(report.likeliest.items()))
    return [
        f"- Tokens of B-2, R-L, Extrema, D-1 and D-2: {TOKENISATION}.",
        "- PPL: of a token of the model's own vocabulary, over the text and its end, given the context and, for "
        "Oracle, the supporter's strategy. It compares models of one vocabulary alone; Joint and Random have none.",
        "- B-2: sacrebleu, n up to 2, over all replies together, without smoothing. R-L: F1 of rouge-score, mean.",
        f"- Extrema: {extrema}.",
        "- D-1, D-2: different n-grams for each hundred of all replies together.",
        f"- Acc., F1: of the strategies that the model drew in speaking. Always {name} would be right {share:.1f} % "
        f"of the time.{f' The likeliest strategy instead of a drawn one, %:{likeliest}' if likeliest else ''}",
    ]


def _progress(report: Report) -> list[str]:
    """Which strategies, and when: the supporters', then each model's that chose its own."""
    tables = [("Supporters", report.corpus_progress)]
    tables += [
        (f"{row.backbone}, {row.variant.capitalize()}", row.progress)
        for row in report.sorted_rows
        if row.variant == "joint"
    ]
    lines = ["## Strategies over the conversation's progress", "", "In % of the utterances of each interval.", ""]
    for title, shares in tables:
        names = sorted({name for _title, part in tables for interval in part for name in interval})
        lines += [f"**{title}**", "", _row(["Strategy", *INTERVALS]), _row(["---", *["---:"] * len(INTERVALS)])]
        for name in names:
            lines.append(_row([name, *(f"{100 * share.get(name, 0):.1f}" if share else "–" for share in shares)]))
        lines.append("")
    return lines


def _cell(figure: Figure | None, interval: str) -> str:
    if figure is None:
        return "–"
    value = f"{figure.value:.2f}"
    if figure.low is None or figure.high is None:
        return value
    return value + interval.format(f"{figure.low:.2f}", f"{figure.high:.2f}")


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _tex(text: str) -> str:
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    special |= {sign: f"\\{sign}" for sign in "&%$#_{}"}
    return "".join(special.get(character, character) for character in text)
