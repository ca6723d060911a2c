"""What `rescore --explain` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from evalkit.display import visible
from evalkit.readers.base import ForeignRow
from evalkit.rescoring.explain import FileExplanation

WIDTH = 100
"""Characters of a text that are shown."""
COLUMNS = 20
MARKS = 15
MEANINGS = {
    "right": "correct",
    "wrong": "error, or IDK where the text makes no claim",
    "partial": "partly right",
    "idk": "IDK",
    "unscored": "failed: nobody judged it",
    "failed": "failed: no answer",
    "unknown": "unknown: say what it means",
    "none": "no verdict: the text or gold decides",
}


def print_explanations(files: Sequence[FileExplanation]) -> None:
    """Print how files are understood."""
    for file in files:
        for line in _lines(file):
            click.echo(visible(line))


def _lines(file: FileExplanation) -> Iterator[str]:
    shown = ", ".join(file.columns[:COLUMNS]) + (", …" if len(file.columns) > COLUMNS else "")
    yield f"{file.name}: {file.format} ({file.about})"
    yield f"  {file.shape}, {file.rows:,} rows" + (f"; first row: {shown}" if shown else "")
    for note in file.notes:
        yield f"  note: {note}"
    for row in file.first:
        yield f"  row at {row.place}"
        yield from (f"    {name:<11} {value}" for name, value in _fields(row))
    if file.marks:
        yield "  verdicts"
    for (by, mark, meaning), n in sorted(file.marks.items(), key=lambda item: -item[1])[:MARKS]:
        name = f"{by} {mark or 'as the format has it'}".strip()
        yield f"    {_short(name, 40):<40} {n:>9,}  {MEANINGS.get(meaning, meaning)}"
    if file.rule:
        yield f"  rule: {file.rule}"
    if file.problem:
        yield f"  cannot be rescored so: {file.problem}"


def _fields(row: ForeignRow) -> Iterator[tuple[str, str]]:
    named = {
        "sample": row.sample_id,
        "model": row.model,
        "task": row.task,
        "epoch": str(row.epoch) if row.epoch != 1 else "",
        "question": row.input,
        "text": "(empty)" if row.text == "" else row.text or "",
        "answer": row.answer or "",
        "target": " | ".join(row.target),
        "verdict": row.verdict or ("" if row.score is None else f"score {row.score:g}"),
        "mark": row.mark,
        "confidence": "" if row.confidence is None else f"{row.confidence:g}",
        "threshold": "" if row.threshold is None else f"{row.threshold:g}",
        "reason": row.reason,
    }
    yield from ((name, _short(value, WIDTH)) for name, value in named.items() if value)


def _short(text: str, width: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"
