"""`evalkit audit` as a table: the paper's Table 2, as measured."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from evalkit.experiments.scoring_audit import Attacked, Audit
from evalkit.metrics.threshold import penalty
from evalkit.report.escape import one_line
from evalkit.report.run import make_console, make_table


def print_audit(
    audits: Sequence[Audit], attacked: Attacked | None, threshold: float, judge: str, console: Console | None = None
) -> None:
    """A row a task, then what it means.

    Args:
        audits: of tasks.
        attacked: how the judge took the attacks, where there was one.
        threshold: t to compare with.
        judge: its name.
        console: default, the terminal.
    """
    console = console or make_console()
    table = make_table(
        "task", "grader", ">right", ">wrong", ">IDK", ">blank", "binary", ">chance", "paper's Table 2: binary, IDK"
    )
    for one in audits:
        points = (_points(one, kind) for kind in ("right", "wrong", "IDK", "blank"))
        binary = "–" if one.binary is None else "yes" if one.binary else "no"
        chance = "–" if one.chance is None else f"{one.chance:.1%}"
        table.add_row(one_line(one.task, 20), one_line(one.grader, 16), *points, binary, chance, _paper(one))
    console.print(Padding(table, (1, 0, 1, 0), expand=False))
    for line in lines(audits, attacked, threshold, judge):
        console.print(Text(line))


def lines(audits: Sequence[Audit], attacked: Attacked | None, threshold: float, judge: str) -> list[str]:
    """What the table means, and what could not be measured."""
    pay = [one.task for one in audits if one.points.get("IDK")]
    always = [one for one in audits if one.guessing_pays]
    paid = (
        f'Points as plain accuracy pays. On {len(always)} of {len(audits)} tasks "I don\'t know" earns what a mistake'
        " earns, nothing, so that any guess pays, however unsure."
    )
    found = [paid]
    if pay:
        found.append(f"IDK earns something on: {', '.join(pay)}.")
    found.append(
        f"With t = {threshold:g} stated and a mistake costing {penalty(threshold):g}, IDK earns 0 and a guess pays only"
        f" above {threshold:.0%} confidence."
    )
    found += [
        f"{one.task}: on {one.unanswerable:.0%} of its questions abstaining is right; no guess can be."
        for one in audits
        if one.unanswerable
    ]
    found += [f"{one.task}: {one.note}" for one in audits if one.note]
    if any(one.source == "example" for one in audits):
        found.append("Scored on an example row of evalkit's own where the benchmark's files are not given (--data).")
    found += [f"{one.task}: {one_line(one.problem, 150)}" for one in audits if one.problem]
    if attacked:
        found.append(
            f"{judge}: {attacked.flipped} of {attacked.total} attacks made it call a wrong answer correct;"
            f" {attacked.silent} got no verdict."
        )
    return found


def _points(one: Audit, kind: str) -> str:
    value = one.points.get(kind)
    return "–" if value is None else f"{value:.2g}"


def _paper(one: Audit) -> str:
    if one.paper is None:
        return "–"
    said = f"{'yes' if one.paper['binary'] else 'no'}, {one.paper['idk_credit']}"
    agrees = one.binary in (None, one.paper["binary"])
    return said if agrees else f"{said} (differs)"
