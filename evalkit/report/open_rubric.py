"""The open-rubric experiment as tables and as its one figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from evalkit.experiments.open_rubric import PENALTIES, Cell, Experiment
from evalkit.extras import requires
from evalkit.report.escape import one_line
from evalkit.report.figures import COLOURS, Figure
from evalkit.report.table import make_console, make_table, number

NAMES = {
    ("closed", False): "closed",
    ("closed", True): "closed, asked twice",
    ("open", False): "open",
    ("open", True): "open, asked twice",
}
LEVEL = 0.05
WIDTH, HEIGHT = 260, 220


def print_experiment(found: Experiment, console: Console | None = None) -> None:
    """Scores and coverage by model, rubric and cost; then what made a difference, and what it took.

    Args:
        found: what was measured.
        console: default, the terminal.
    """
    console = console or make_console()
    for model in found.plan.models:
        cells = [cell for cell in found.cells if cell.model == model]
        if not cells:
            continue
        console.print(Text(f"{one_line(model, 60)}  {found.plan.task}, {cells[0].n:,} questions", style="bold"))
        console.print(Padding(_table(cells), (1, 2, 1, 2), expand=False))
    for line in lines(found):
        console.print(Text(line))


def lines(found: Experiment) -> list[str]:
    """What the tables mean."""
    meaning = (
        "Points a question, the share answered, and the points' 95% interval. Never answering earns 0 at every cost."
        " Asked twice: an answer that the second asking contradicts counts as IDK."
    )
    said = [meaning]
    for effect in found.effects:
        if effect.p_holm < LEVEL:
            better = "more" if effect.difference > 0 else "less"
            said.append(
                f"{one_line(effect.model, 40)}, a mistake costs {effect.penalty:g}: {effect.change} earns"
                f" {number(abs(effect.difference))} points a question {better} (n {effect.n:,}, p {_p(effect.p_holm)},"
                " corrected)."
            )
    if len(said) == 1:
        said.append("No change of rubric, and no check, made a difference that is significant after correction.")
    if found.failed:
        again = f"evalkit experiment open-rubric --resume {found.folder}"
        said.append(f"{found.failed:,} answers failed and are in no score: {again}")
    for model, (requests, prompt, completion) in found.tokens.items():
        said.append(
            f"{one_line(model, 40)}: {requests:,} requests, {prompt:,} prompt and {completion:,} completion tokens."
            f" Transcripts: evalkit show {found.runs[model]}"
        )
    return said


def figure(found: Experiment) -> Figure:
    """Score against what a mistake costs, a panel a model.

    Args:
        found: what was measured.
    """
    with requires("plot"):
        import altair as alt
        import vl_convert  # noqa: F401 - only to say at once that it is missing
    import pandas as pd

    rows = [
        {"model": one_line(c.model, 40), "rubric": NAMES[c.rubric, c.checked], "cost": f"{c.penalty:g}",
         "score": c.score, "low": c.low, "high": c.high} for c in found.cells
    ]  # fmt: skip
    data, names = pd.DataFrame(rows), list(NAMES.values())
    order = [f"{penalty:g}" for penalty in PENALTIES]
    colour = alt.Color("rubric:N", scale=alt.Scale(domain=names, range=COLOURS[:4]), title=None)
    x = alt.X("cost:O", sort=order, title="points that a mistake costs", axis=alt.Axis(labelAngle=0))
    panels: list[Any] = []
    for model in dict.fromkeys(data["model"]):
        base = alt.Chart(data[data["model"] == model]).encode(x=x, color=colour)
        y = alt.Y("score:Q", title="points a question")
        offset = alt.XOffset("rubric:N", sort=names)
        zero = alt.Chart(pd.DataFrame({"score": [0]})).mark_rule(color="#6b7480", strokeDash=[2, 4]).encode(y="score:Q")
        bars = base.mark_rule().encode(y=alt.Y("low:Q", title="points a question"), y2="high:Q", xOffset=offset)
        dots = base.mark_point(filled=True, size=60, opacity=1).encode(y=y, xOffset=offset)
        panels.append(alt.layer(zero, bars, dots).properties(width=WIDTH, height=HEIGHT, title=model))
    n = sorted({cell.n for cell in found.cells})
    asked = f"{n[0]:,}" if len(n) == 1 else f"{n[0]:,} to {n[-1]:,}"
    caption = (
        f"{found.plan.task}, n = {asked} questions, 95% intervals. Closed: the question alone, scored at each cost."
        " Open: the cost stated. Asked twice: contradicted answers count as IDK. Dotted: never answering."
    )
    grid = alt.concat(*panels, columns=3).resolve_scale(color="shared", y="shared")
    return Figure(grid, "What stating the cost of a mistake changes", caption)


def _table(cells: Sequence[Cell]) -> Table:
    table = make_table("rubric", *(f">a mistake costs {penalty:g}" for penalty in PENALTIES))
    for key, name in NAMES.items():
        mine = {cell.penalty: cell for cell in cells if (cell.rubric, cell.checked) == key}
        if mine:
            table.add_row(name, *(_cell(mine.get(penalty)) for penalty in PENALTIES))
    return table


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "–"
    share = (cell.correct + cell.error) / cell.n
    return f"{number(cell.score)} {share:4.0%}\n[{number(cell.low)}, {number(cell.high)}]"


def _p(value: float) -> str:
    return f"{value:.2g}" if value >= 0.001 else "below 0.001"  # noqa: PLR2004 - nobody needs more digits
