"""`evalkit audit`: what each task's scoring pays for "I don't know", as a table; the paper's Table 2 as measured."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit import plugins
from evalkit.display import Block, Printable, Table, one_line
from evalkit.experiments.scoring_audit import AttackCounts, TaskAudit, audit_tasks
from evalkit.metrics.threshold import check_threshold, penalty
from evalkit.models.roles import judge_of, read_roles
from evalkit.report.table import percent
from evalkit.runs.loop import outside_loop

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("right", "wrong", "IDK", "blank")


@dataclass(frozen=True, kw_only=True)
class ScoringAudit(Printable):
    """What each task's scoring pays, and what a judge made of the attacks."""

    tasks: list[TaskAudit]
    threshold: float
    """The confidence target to compare with."""
    judge: str | None = None
    attacks: AttackCounts | None = None

    def blocks(self) -> list[Block]:
        """Return a table with a row a task, what it means, and what was left out."""
        columns = (
            "task", "grader", ">right", ">wrong", ">IDK", ">blank", "only 1 or 0", ">a guess earns",
            "paper: only 1 or 0, IDK earns",
        )  # fmt: skip
        return [Table(columns=columns, rows=[_row(one) for one in self.tasks]), *self._sentences(), *self._left_out()]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a task: its points for each kind of answer, and the rest of what was measured."""
        import pandas as pd

        rows = []
        for one in self.tasks:
            plain = {
                key: value
                for key, value in dataclasses.asdict(one).items()
                if key not in ("points", "outcomes", "paper")
            }
            points = {f"points_{kind.lower()}": one.points.get(kind) for kind in KINDS}
            rows.append({**plain, **points, "binary": one.binary, "guessing_pays": one.guessing_pays})
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "threshold": self.threshold,
            "tasks": [{**dataclasses.asdict(one), "binary": one.binary} for one in self.tasks],
            "attacks": dataclasses.asdict(self.attacks) if self.attacks else None,
        }

    def _sentences(self) -> list[str]:
        t, pay = self.threshold, [one.task for one in self.tasks if one.points.get("IDK")]
        guessing = sum(one.guessing_pays is True for one in self.tasks)
        paid = (
            f'The points are those of plain accuracy. On {guessing} of {len(self.tasks)} tasks "I don\'t know" earns'
            " what a mistake earns, nothing: any guess pays, however unsure."
        )
        sentences = [paid]
        if pay:
            sentences.append(f"IDK earns something on: {', '.join(map(one_line, pay))}.")
        sentences.append(
            f"With t = {t:g} stated and a mistake costing {penalty(t):.4g} points, IDK earns 0 and a guess pays only"
            f" above {percent(t)} confidence."
        )
        for one in self.tasks:
            if one.unanswerable:
                sentences.append(
                    f"{one_line(one.task)}: on {percent(one.unanswerable)} of its questions only abstaining is right."
                )
            if one.note:
                sentences.append(f"{one_line(one.task)}: {one_line(one.note, 200)}")
        if any(one.source == "example" for one in self.tasks):
            sentences.append(
                "Where a benchmark's own files are not given (--data), its scoring is fed an example row of evalkit's,"
                " which does not tell what a guess earns on the whole set."
            )
        if self.attacks:
            sentences.append(
                f"{one_line(self.judge or '')}: {self.attacks.flipped} of {self.attacks.total} attacks made it call a"
                f" wrong answer correct; {self.attacks.no_verdict} got no verdict."
            )
        return sentences

    def _left_out(self) -> list[str]:
        """What could not be measured: by extra, then task by task."""
        extras: dict[str, list[str]] = {}
        for one in self.tasks:
            if one.missing_extra:
                extras.setdefault(one.missing_extra, []).append(one_line(one.task))
        lines = [
            f"Left out in part or whole, {', '.join(tasks)}: {one_line(remedy, 200)}"
            for remedy, tasks in extras.items()
        ]
        problems = [one for one in self.tasks if one.problem]
        return lines + [
            f"Left out in part or whole, {one_line(one.task)}: {one_line(one.problem, 200)}" for one in problems
        ]


def audit(
    tasks: str | Sequence[str] | None = None, *, threshold: float = 0.75, data: str | Path | None = None,
    judge: str | None = None, grader_parameters: Mapping[str, str] | None = None,
) -> ScoringAudit:  # fmt: skip
    """Feed each task's own scoring a right answer, a wrong one, a blank and "I don't know"; see what each earns.

    A task that cannot be measured, because an extra or a judge is missing, does not stop the others: the result names
    it.

    Args:
        tasks: names or files; default every installed task.
        threshold: the confidence target to compare with, 0 ≤ t < 1.
        data: local files of benchmarks; default EVALKIT_DATA, else example rows.
        judge: a model that judges, tried with attacks too.
        grader_parameters: settings of the judge, such as {"judge.max_tokens": "8000"}.

    Returns:
        A value that prints as a table, and converts with `to_dataframe()`.

    Raises:
        UsageError: no such task.
        ValueError: a threshold out of range.
        ModelUnavailableError: the judge cannot be reached.
    """
    check_threshold(threshold)
    names = list(plugins.names("tasks")) if tasks is None else [tasks] if isinstance(tasks, str) else list(tasks)
    local = str(data) if data is not None else None
    judge, settings = judge_of(judge, grader_parameters or {})
    roles = read_roles({"judge": judge, **settings} if judge else settings)
    audits, attacks = outside_loop(lambda: asyncio.run(audit_tasks(names, local, roles.get("judge"))))
    return ScoringAudit(tasks=audits, threshold=threshold, judge=judge, attacks=attacks)


def _row(one: TaskAudit) -> list[str]:
    points = [_points(one.points.get(kind)) for kind in KINDS]
    chance = "–" if one.chance is None else f"{one.chance:.1%}"
    return [one_line(one.task, 24), one_line(one.grader, 16) or "–", *points, _yes(one.binary), chance, _paper(one)]


def _points(value: float | None) -> str:
    return "–" if value is None else f"{value:.2g}"


def _yes(value: bool | None) -> str:
    return {None: "–", True: "yes", False: "no"}[value]


def _paper(one: TaskAudit) -> str:
    if one.paper is None:
        return "–"
    stated = f"{_yes(one.paper['binary'])}, {one.paper['idk_credit']}"
    agrees = one.binary in (None, one.paper["binary"])
    return stated if agrees else f"{stated} (differs)"
