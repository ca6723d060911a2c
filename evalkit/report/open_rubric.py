"""`evalkit experiment open-rubric`: its tables, what they mean, and its figure."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.display import Block, Printable, Table, one_line
from evalkit.errors import UsageError
from evalkit.experiments.open_rubric import (
    ASKED_TWICE,
    PENALTIES,
    STATED,
    Cell,
    Effect,
    Experiment,
    Plan,
    run_experiment,
)
from evalkit.models.roles import judge_of
from evalkit.report import palette
from evalkit.report.figures import Figure
from evalkit.report.table import interval, number
from evalkit.runs.folder import DEFAULT_FOLDER
from evalkit.runs.loop import outside_loop
from evalkit.runs.session import Watch

if TYPE_CHECKING:
    import pandas as pd

NAMES = {
    ("closed", False): "closed",
    ("closed", True): "closed, asked twice",
    ("open", False): "open",
    ("open", True): "open, asked twice",
}
CHANGES = {STATED: "stating that cost", ASKED_TWICE: "asking twice"}
LEVEL = 0.05
WIDTH, HEIGHT = 260, 220


@dataclass(frozen=True, kw_only=True)
class OpenRubric(Printable):
    """Scores by model, rubric and cost of a mistake, and what made a difference."""

    experiment: Experiment

    def blocks(self) -> list[Block]:
        """Return a table a model, what the columns mean, what made a difference, and what it took."""
        experiment = self.experiment
        by_model = (
            (model, [cell for cell in experiment.cells if cell.model == model]) for model in experiment.plan.models
        )
        tables = [_table(model, experiment.plan.task, cells) for model, cells in by_model if cells]
        return [*tables, *self._meaning(), *self._costs()]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a model, rubric, consistency check and cost, with counts, score and interval."""
        import pandas as pd

        return pd.DataFrame([dataclasses.asdict(cell) for cell in self.experiment.cells])

    def to_dict(self) -> dict[str, Any]:
        """Return plan, cells, effects and failures as plain data."""
        experiment = self.experiment
        return {
            "folder": str(experiment.folder),
            "plan": dataclasses.asdict(experiment.plan),
            "failed": experiment.failed,
            "missing": experiment.missing,
            "cells": [dataclasses.asdict(cell) for cell in experiment.cells],
            "effects": [dataclasses.asdict(effect) for effect in experiment.effects],
        }

    def figure(self) -> Figure:
        """Draw the scores against what a mistake costs; what `evalkit.plot` shows."""
        return _figure(self.experiment)

    def _meaning(self) -> list[str]:
        meaning = (
            "Each cell: points a question with their 95% interval, and the share of questions answered. Never answering"
            " earns 0 at every cost. Asked twice: an answer that the second asking contradicts counts as IDK."
        )
        effects = [_effect_line(effect) for effect in self.experiment.effects if effect.p_holm < LEVEL]
        return [meaning] + (
            effects
            or ["Neither stating the cost nor asking twice made a significant difference (corrected for all tests)."]
        )

    def _costs(self) -> list[str]:
        experiment = self.experiment
        lines = []
        if experiment.failed:
            again = f"evalkit experiment open-rubric --resume {experiment.folder}"
            lines.append(f"{experiment.failed:,} answers failed and are in no score; try them again: {again}")
        if experiment.missing:
            lines.append(
                f"{experiment.missing:,} answers were cut off or could not be decided by rules, and are in no score;"
                " --judge lets a model decide, --max-tokens allows longer answers."
            )
        for model, (requests, prompt, completion) in experiment.tokens.items():
            lines.append(
                f"{one_line(model, 40)}: {requests:,} requests, {prompt:,} prompt and {completion:,} completion tokens."
                f" Transcripts: evalkit show {experiment.runs[model]}"
            )
        return lines


def open_rubric(
    models: str | Sequence[str] = (), *, judge: str | None = None,
    grader_parameters: Mapping[str, str] | None = None, task: str = "simpleqa", limit: int | None = None,
    data: str | Path | None = None, seed: int = 0, max_tokens: int = 512, base_url: str | None = None,
    out: str | Path = DEFAULT_FOLDER, resume: str | Path | None = None,
    notify: Callable[[str], None] = lambda _: None, watch: Watch = lambda _: None,
) -> OpenRubric:  # fmt: skip
    """Run the open-rubric experiment: does stating what a mistake costs change what models do?

    Args:
        models: one or several; none where an experiment is resumed.
        judge: a model, or several separated by commas, for answers that the task's rules cannot decide.
        grader_parameters: settings of the judge, such as {"judge.max_tokens": "8000"}.
        task: what is asked.
        limit: only the first questions, at least 1.
        data: local files of the task.
        seed: of the questions' order, and of the models.
        max_tokens: longest answer, at least 1.
        base_url: an OpenAI-compatible server for the models.
        out: folder below which the experiment's folder is made.
        resume: folder of an interrupted experiment; it keeps its own settings.
        notify: called with the model that is next.
        watch: called with a run's counts when it starts.

    Returns:
        A value that prints as tables, converts with `to_dataframe()` and can be drawn with `evalkit.plot`.

    Raises:
        UsageError: no model, the same one twice, or models where an experiment is resumed.
        InputError: there is nothing to resume.
        RunInterruptedError: Ctrl-C; its `run` is the folder to resume.
    """
    names = [models] if isinstance(models, str) else list(models)
    if resume is not None and names:
        raise UsageError("--resume takes its models from the experiment; leave out --model")
    local = str(Path(data).resolve()) if data else None
    judge, settings = judge_of(judge, grader_parameters or {})
    plan = None if resume is not None else Plan(
        models=names, task=task, judge=judge, judge_settings=settings, limit=limit, data=local, seed=seed,
        max_tokens=max_tokens, base_url=base_url,
    )  # fmt: skip
    folder = Path(resume) if resume is not None else None
    return OpenRubric(experiment=outside_loop(partial(run_experiment, plan, Path(out), folder, notify, watch)))


def _table(model: str, task: str, cells: Sequence[Cell]) -> Table:
    rows = []
    for key, name in NAMES.items():
        costs = {cell.penalty: cell for cell in cells if (cell.rubric, cell.checked) == key}
        if costs:
            rows.append([name, *(_cell(costs.get(penalty)) for penalty in PENALTIES)])
    title = f"{one_line(model, 60)}  {one_line(task)}, {cells[0].n:,} questions"
    return Table(title=title, columns=["rubric", *(f">a mistake costs {cost:g}" for cost in PENALTIES)], rows=rows)


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "–"
    share = (cell.correct + cell.error) / cell.n
    value, _, bounds = interval(cell.score, cell.low, cell.high).partition(" ")
    return f"{value} {share:4.0%}\n{bounds}"


def _effect_line(effect: Effect) -> str:
    direction = "more" if effect.difference > 0 else "less"
    return (
        f"{one_line(effect.model, 40)}, a mistake costs {effect.penalty:g}: {CHANGES[effect.change]} earns"
        f" {number(abs(effect.difference))} points a question {direction} than the closed rubric asked once"
        f" (n = {effect.n:,}, p {_p(effect.p_holm)}, corrected for all tests)."
    )


def _p(value: float) -> str:
    return f"= {value:.2g}" if value >= 0.001 else "below 0.001"  # noqa: PLR2004 - nobody needs more digits


def _figure(experiment: Experiment) -> Figure:
    import altair as alt
    import pandas as pd

    rows = [
        {"model": one_line(c.model, 40), "rubric": NAMES[c.rubric, c.checked], "cost": f"{c.penalty:g}",
         "score": c.score, "low": c.low, "high": c.high} for c in experiment.cells
    ]  # fmt: skip
    data, names = pd.DataFrame(rows), list(NAMES.values())
    order = [f"{penalty:g}" for penalty in PENALTIES]
    color = alt.Color("rubric:N", scale=alt.Scale(domain=names, range=palette.series(len(names))), title=None)
    x = alt.X("cost:O", sort=order, title="points that a mistake costs", axis=alt.Axis(labelAngle=0))
    panels: list[Any] = []
    for model in dict.fromkeys(data["model"]):
        base = alt.Chart(data[data["model"] == model]).encode(x=x, color=color)
        y = alt.Y("score:Q", title="points a question")
        offset = alt.XOffset("rubric:N", sort=names)
        never = alt.Chart(pd.DataFrame({"score": [0]}))
        zero = never.mark_rule(color=palette.LIGHT.soft, strokeDash=[2, 4]).encode(y="score:Q")
        bars = base.mark_rule().encode(y=alt.Y("low:Q", title="points a question"), y2="high:Q", xOffset=offset)
        dots = base.mark_point(filled=True, size=60, opacity=1).encode(y=y, xOffset=offset)
        panels.append(alt.layer(zero, bars, dots).properties(width=WIDTH, height=HEIGHT, title=model))
    n = sorted({cell.n for cell in experiment.cells})
    asked = f"{n[0]:,}" if len(n) == 1 else f"{n[0]:,} to {n[-1]:,}"
    caption = (
        f"{one_line(experiment.plan.task)}, n = {asked} questions, 95% intervals. Closed: the question alone, scored at"
        " each cost. Open: the cost stated in the prompt. Asked twice: contradicted answers count as IDK. Dotted: never"
        " answering."
    )
    grid = alt.concat(*panels, columns=3).resolve_scale(color="shared", y="shared")
    return Figure(grid, "What stating the cost of a mistake changes", caption)
