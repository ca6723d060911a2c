"""Tables for a paper: the leaderboard, and the records, in LaTeX with booktabs and longtable."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from evalkit.analysis.entries import Board, Entry
from evalkit.analysis.leaderboard import rank
from evalkit.display import one_line
from evalkit.exports.options import Exported, ExportOptions
from evalkit.exports.source import RunSource
from evalkit.records import Record
from evalkit.report.leaderboard import MODES
from evalkit.report.table import interval, number, percent

TAKES: frozenset[str] = frozenset()
PACKAGES = "% \\usepackage{booktabs,longtable}, and for other scripts than Latin a Unicode engine such as LuaLaTeX\n"
WIDTH = 60
"""Characters of an answer that are shown."""
SPECIAL = {
    "\\": r"\textbackslash{}", "[": "{[}", "]": "{]}",
    "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "−": "$-$", "×": r"$\times$", "–": "--", "…": r"\ldots{}",
    "≥": r"$\geq$", "≤": r"$\leq$",
}  # fmt: skip


def write(runs: Sequence[RunSource], folder: Path, options: ExportOptions, to: str) -> Exported:  # noqa: ARG001 - every format is called alike
    """Write `board.tex` and `records.tex`.

    Raises:
        InputError: a record cannot be read.
    """
    boards = rank([run.folder for run in runs], foreign=False).boards
    board, records = folder / "board.tex", folder / "records.tex"
    board.write_text(PACKAGES + "\n".join(map(_board, boards)), encoding="utf-8")
    answers = (record for run in runs for record in run.answers())
    with records.open("w", encoding="utf-8") as file:
        file.writelines(_records(answers))
    return Exported([board, records])


def escape(text: str) -> str:
    """Text that LaTeX prints as it is, on one line."""
    return re.sub(".", lambda match: SPECIAL.get(match[0], match[0]), one_line(text, 10_000))


def _board(board: Board) -> str:
    """One table: a row a model, with 95% intervals."""
    is_closed = board.mode == "closed"
    rates = ["accuracy", "coverage"] if is_closed else []
    head = ["model", "$n$", *rates, *(f"$S_{{{t:g}}}$" for t in board.thresholds)]
    lines = [
        f"% {escape(board.task)}, {MODES[board.mode]}",
        f"\\begin{{tabular}}{{l{'r' * (len(head) - 1)}}}",
        "\\toprule",
        _row(head),
        "\\midrule",
        *(_row(_cells(entry, board)) for entry in board.entries),
        "\\bottomrule",
        "\\end{tabular}",
        "% 95% intervals in brackets; S_t: a correct answer 1, IDK 0, an error -t/(1-t)",
    ]
    return "\n".join(lines) + "\n"


def _cells(entry: Entry, board: Board) -> Iterator[str]:
    is_model = entry.kind == "model"
    yield escape(entry.name)
    yield "" if not is_model else f"{entry.sizes[0]:,}"
    if board.mode == "closed":
        accuracy = entry.accuracy
        shown = "--" if accuracy is None else interval(*accuracy) if is_model else number(accuracy[0])
        yield escape(shown)
        yield escape(percent(entry.counts.coverage))
    for t in board.thresholds:
        score = entry.scores.get(t)
        shown = "--" if score is None else interval(score.value, *score.ci95) if is_model else number(score.value)
        yield escape(shown)


def _records(records: Iterable[Record]) -> Iterator[str]:
    head = _row(["task", "sample", "$t$", "outcome", "answer", "target"])
    yield f"{PACKAGES}\\begin{{longtable}}{{lllllp{{0.3\\linewidth}}}}\n\\toprule\n{head}\n\\midrule\n\\endhead\n"
    for record in records:
        stated = "" if record.prompt_threshold is None else f"{record.prompt_threshold:g}"
        answer = record.grade.answer if record.grade.answer is not None else record.completion.text
        texts = [record.task, record.sample_id, stated, record.grade.outcome.value]
        shown = [one_line(answer, WIDTH), one_line("; ".join(record.target), WIDTH)]
        yield _row([escape(text) for text in (*texts, *shown)]) + "\n"
    yield "\\bottomrule\n\\end{longtable}\n"


def _row(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"
