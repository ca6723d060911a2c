"""`evalkit gate`: the decision and what it rests on."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.analysis.gate import Gate, GatedTask, decide
from evalkit.display import Block, Printable, Table, one_line, visible
from evalkit.records import SCHEMA_VERSION
from evalkit.report.table import interval
from evalkit.runs.folder import DEFAULT_FOLDER

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class PrintedGate(Gate, Printable):
    """A decision that prints: one word, then a row a task."""

    def blocks(self) -> list[Block]:
        """Return the decision, a table of tasks, and what would decide where nothing does."""
        sentence = {
            "GO": f"with 95% confidence it is at most {self.margin:g} points of S worse",
            "NO-GO": f"with 95% confidence it is more than {self.margin:g} points of S worse",
            "INCONCLUSIVE": f"whether it is more than {self.margin:g} points of S worse cannot be told",
        }[self.decision]
        who = f"{visible(self.candidate)} against {visible(self.baseline)} at t = {self.threshold:g}"
        rows = [
            [one_line(task.task, 60), f"{task.n:,}", interval(task.difference, *task.ci90), task.decision]
            for task in self.tasks
        ]
        remarks = [line for task in self.tasks if (line := _remark(task))]
        columns = ["task", ">questions", "candidate − baseline, 90% interval", "decision"]
        return [
            f"{self.decision}: {who}: {sentence}.",
            Table(columns=columns, rows=rows, names=(0,)),
            *remarks,
        ]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a task."""
        import pandas as pd

        return pd.DataFrame([dataclasses.asdict(task) for task in self.tasks])

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {"schema_version": SCHEMA_VERSION, "decision": self.decision, **dataclasses.asdict(self)}


def _remark(task: GatedTask) -> str:
    name = one_line(task.task, 60)
    parts = []
    if task.missing:
        parts.append(f"{task.missing:,} answers are missing, and count at the worse end")
    if task.decision == "INCONCLUSIVE":
        n = task.n_to_decide
        parts.append(
            f"about {n:,} questions would decide, none missing" if n else "no number of questions would decide"
        )
    return f"{name}: {'; '.join(parts)}." if parts else ""


def gate(
    baseline: str | Path, candidate: str | Path, *, at: float, margin: float, out: str | Path = DEFAULT_FOLDER
) -> PrintedGate:
    """Decide whether a candidate may replace a baseline; the public `evalkit.gate`.

    Args:
        baseline: a run folder, or its name below `out`.
        candidate: another, of the same questions.
        at: the confidence target t at which both are scored, 0 ≤ t < 1.
        margin: points of S by which the candidate may be worse, ≥ 0.
        out: where runs are looked for by name.

    Returns:
        A value that prints, with `decision` GO, NO-GO or INCONCLUSIVE.

    Raises:
        UsageError, InputError: as `analysis.gate.decide`.
    """
    made = decide(baseline, candidate, at, margin, out)
    return PrintedGate(**{field.name: getattr(made, field.name) for field in dataclasses.fields(made)})
