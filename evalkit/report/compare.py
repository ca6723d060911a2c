"""Two runs side by side, on the terminal and as JSON."""

from __future__ import annotations

import math
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from evalkit.analysis.comparison import Comparison, Row
from evalkit.records import SCHEMA_VERSION
from evalkit.report.escape import visible
from evalkit.report.table import make_console, make_table, number

SHOWN = 4
"""Samples named for each way to flip."""


def document(found: Comparison) -> dict[str, Any]:
    """What `--json` prints."""
    rows = [{**row._asdict(), "flips": [flip._asdict() for flip in row.flips]} for row in found.rows]
    crossings = {
        task: {**crossing._asdict(), "set": set_ and set_._asdict()}
        for task, (crossing, set_) in found.crossings.items()
    }
    content = {**found._asdict(), "rows": rows, "crossings": crossings}
    return {"schema_version": SCHEMA_VERSION, **_finite(content)}


def print_comparison(found: Comparison, console: Console | None = None) -> None:
    """A table a task, then what flips and where the ranks change."""
    console = console or make_console()
    console.print(Text(f"A  {visible(found.a)}\nB  {visible(found.b)}"), soft_wrap=True)
    if found.only_a or found.only_b:
        console.print(Text(f"Left out: {found.only_a} answers that only A has, {found.only_b} that only B has."))
    for task in dict.fromkeys(row.task for row in found.rows):
        _print_task(task, [row for row in found.rows if row.task == task], found, console)
    console.print(Text("p: exact sign-flip test, two-sided; Holm: corrected for the rows above."), soft_wrap=True)


def _print_task(task: str, rows: list[Row], found: Comparison, console: Console) -> None:
    console.print()
    console.print(Text(visible(task), style="bold"))
    table = make_table("t", "told", ">n", ">A", ">B", "A − B", ">p", ">Holm")
    for row in rows:
        told = "so (open)" if row.mode == "open" else "nothing (closed)"
        numbers = (f"{row.threshold:g}", told, str(row.n), number(row.score_a), number(row.score_b))
        table.add_row(*numbers, _difference(row), _p(row.p), _p(row.p_holm))
    console.print(Padding(table, (1, 2, 1, 2), expand=False))
    for line in _flip_lines(rows):
        console.print(Padding(Text(line), (0, 2)))
    if task in found.crossings:
        console.print(Padding(Text(_crossing_line(task, found)), (0, 2)))


def _difference(row: Row) -> str:
    if not row.se or math.isnan(row.se):
        return f"{number(row.difference)} (all questions alike)"
    return f"{number(row.difference)} [{number(row.ci95[0])}, {number(row.ci95[1])}]"


def _flip_lines(rows: list[Row]) -> list[str]:
    """What flips depends on what was said to the models, not on the t that it is scored at."""
    lines = []
    for row in {row.mode if row.mode == "closed" else row.threshold: row for row in rows}.values():
        where = "Told nothing" if row.mode == "closed" else f"Told t = {row.threshold:g}"
        for flip in row.flips:
            named = ", ".join(visible(sample) for sample in flip.samples[:SHOWN])
            more = ", …" if len(flip.samples) > SHOWN else ""
            lines.append(
                f"{where}: {len(flip.samples)} {_name(flip.a)} with A and {_name(flip.b)} with B ({named}{more})"
            )
    return lines or ["Nothing flips: both answer every question alike."]


def _crossing_line(task: str, found: Comparison) -> str:
    crossing, fieller = found.crossings[task]
    if crossing.t is None:
        return {
            "A dominates": "Told nothing, A is ahead at every t.",
            "B dominates": "Told nothing, B is ahead at every t.",
            "identical": "Told nothing, both score the same at every t.",
        }[crossing.kind]
    bounds = f" (95% set {fieller.kind})" if fieller else ""
    if fieller and fieller.low is not None and fieller.high is not None:
        bounds = f" (95% set from {fieller.low:.3f} to {fieller.high:.3f})"
    ahead = "below it the one with more right answers is ahead"
    return f"Told nothing, their ranks change at t = {crossing.t:.3f}{bounds}: {ahead}."


def _name(outcome: str) -> str:
    return {"correct": "right", "error": "wrong", "idk": "IDK"}[outcome]


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"  # noqa: PLR2004 - as printed


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
