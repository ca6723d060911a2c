"""`evalkit compare`: two runs side by side, on the terminal and as JSON."""

from __future__ import annotations

import math
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from evalkit.analysis.comparison import Comparison, Flip, Row
from evalkit.display import finite, one_line
from evalkit.metrics.paired import FiellerSet
from evalkit.records import SCHEMA_VERSION
from evalkit.report.table import make_console, make_table, number, span

NAMED = 4
"""Samples named for each way to flip."""
WORDS = {"correct": "right", "error": "wrong", "idk": "IDK", "missing": "missing"}


def document(comparison: Comparison) -> dict[str, Any]:
    """Return what `--json` prints."""
    rows = [{**row._asdict(), "flips": [flip._asdict() for flip in row.flips]} for row in comparison.rows]
    crossings = {
        task: {**crossing._asdict(), "set": fieller and fieller._asdict()}
        for task, (crossing, fieller) in comparison.crossings.items()
    }
    plain: dict[str, Any] = finite({**comparison._asdict(), "rows": rows, "crossings": crossings})
    return {"schema_version": SCHEMA_VERSION, **plain}


def print_comparison(comparison: Comparison, console: Console | None = None) -> None:
    """Print a table a task, then which samples flip and where the ranks change."""
    console = console or make_console()
    for letter, run, heading in (("A", comparison.a, comparison.heading_a), ("B", comparison.b, comparison.heading_b)):
        label = f"   {one_line(heading, 200)}" if heading else ""
        console.print(Text(f"{letter}  {one_line(run, 200)}{label}"), soft_wrap=True)
    if comparison.only_a or comparison.only_b:
        console.print(
            Text(f"Left out: {comparison.only_a:,} answers that only A has, {comparison.only_b:,} that only B has.")
        )
    for task in dict.fromkeys(row.task for row in comparison.rows):
        _print_task(task, [row for row in comparison.rows if row.task == task], comparison, console)
    console.print(Text(_legend(comparison)), soft_wrap=True)


def _print_task(task: str, rows: list[Row], comparison: Comparison, console: Console) -> None:
    console.print()
    console.print(Text(one_line(task), style="bold"))
    ranged = any(row.range for row in rows)
    table = make_table("t", "target stated", ">n", ">A", ">B", "A − B", *["range"] * ranged, ">p", ">Holm")
    for row in rows:
        stated = "yes (open)" if row.mode == "open" else "no (closed)"
        numbers = (f"{row.threshold:g}", stated, f"{row.n:,}", number(row.score_a), number(row.score_b))
        spans = [span(*row.range) if row.range else "–"] * ranged
        table.add_row(*numbers, _difference(row), *spans, _p(row.p), _p(row.p_holm))
    console.print(Padding(table, (1, 2, 1, 2), expand=False))
    lines = _flip_lines(rows)
    if task in comparison.crossings:
        lines.append(_crossing_line(task, rows, comparison))
    for line in lines:
        console.print(Padding(Text(line), (0, 2)))


def _legend(comparison: Comparison) -> str:
    legend = "p: exact sign-flip test of equal scores, two-sided, paired by sample; Holm: corrected for all rows above."
    if any(row.missing for row in comparison.rows):
        legend += " range: A − B with every missing answer at its worst and at its best for A."
    return legend


def _difference(row: Row) -> str:
    if not row.se or math.isnan(row.se):
        return f"{number(row.difference)} (all questions alike)"
    return f"{number(row.difference)} [{number(row.ci95[0])}, {number(row.ci95[1])}]"


def _flip_lines(rows: list[Row]) -> list[str]:
    """A line for each prompt: what flips depends on the stated target, not on the t that answers are scored at."""
    by_prompt = {None if row.mode == "closed" else row.threshold: row for row in rows}
    lines = []
    for t, row in by_prompt.items():
        if row.flips:
            where = "No target stated" if t is None else f"Target t = {t:g} stated"
            count = sum(len(flip.samples) for flip in row.flips)
            lines.append(f"{where}, {count:,} of {row.n:,} samples differ: {'; '.join(map(_flip, row.flips))}.")
    return lines or ["No sample differs: on each of them A and B are both right, both wrong or both IDK."]


def _flip(flip: Flip) -> str:
    samples = ", ".join(one_line(sample, 40) for sample in flip.samples[:NAMED])
    more = ", …" if len(flip.samples) > NAMED else ""
    return f"{len(flip.samples):,} {WORDS[flip.a]} with A and {WORDS[flip.b]} with B ({samples}{more})"


def _crossing_line(task: str, rows: list[Row], comparison: Comparison) -> str:
    crossing, fieller = comparison.crossings[task]
    if crossing.t is None:
        return {
            "A dominates": "With no target stated, A is ahead at every t.",
            "B dominates": "With no target stated, B is ahead at every t.",
            "identical": "With no target stated, both score the same at every t.",
        }[crossing.kind]
    first = _ahead_below(crossing.t, rows)
    order = f"{first} is ahead below t = {crossing.t:.3f} and {'B' if first == 'A' else 'A'} above"
    if not first:
        order = f"the one with more right answers is ahead below t = {crossing.t:.3f}, and the other above"
    return f"With no target stated, {order}{_bounds(fieller)}."


def _ahead_below(t: float, rows: list[Row]) -> str:
    """Which of them is ahead below a crossing; "" where no row of the table shows it."""
    for row in rows:
        if row.mode == "closed" and row.difference and row.threshold != t:
            return "A" if (row.difference > 0) == (row.threshold < t) else "B"
    return ""


def _bounds(fieller: FiellerSet | None) -> str:
    if fieller is None or fieller.kind == "empty":
        return ""
    if fieller.kind == "interval" and fieller.low is not None and fieller.high is not None:
        return f"; with 95% confidence the change lies between t = {fieller.low:.3f} and {fieller.high:.3f}"
    return "; these samples are too few to say with 95% confidence where, or whether, they change"


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"  # noqa: PLR2004 - as printed
