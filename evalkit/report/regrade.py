"""The last screen of a regrading: the run's own, and how the new verdicts differ from the old."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.analysis.agreement import ORDER, Agreement, agreement
from evalkit.display import Block, Heading, Printable, Table, one_line
from evalkit.report.run import LastScreen
from evalkit.report.table import number, percent
from evalkit.runs.result import RunResult

if TYPE_CHECKING:
    import pandas as pd

NAMED = 8
"""Answers that are named as judged otherwise."""
WORDS = {"correct": "correct", "error": "error", "idk": "IDK", "missing": "missing"}


@dataclass(frozen=True, kw_only=True)
class RegradeScreen(Printable):
    """A run whose answers were judged again."""

    result: RunResult
    parent: Path

    def blocks(self) -> list[Block]:
        """Return the run's screen, then a table of old against new outcomes."""
        found = self._agreement()
        rows = [[f"before: {WORDS[old]}", *(f"{found.counts.get((old, new), 0):,}" for new in ORDER)] for old in ORDER]
        columns = ["", *(f">now: {WORDS[new]}" for new in ORDER)]
        blocks = LastScreen(result=self.result).blocks()
        blocks += [Heading(f"Against {one_line(self.parent.name, 80)}"), Table(columns=columns, rows=rows, names=(0,))]
        kappa = "" if found.kappa is None else f"; Cohen's kappa {number(found.kappa)}"
        alike = f"{found.same:,} of {found.n:,} answers ({percent(found.same / found.n)})" if found.n else "no answer"
        blocks.append(f"Judged alike: {alike}{kappa}.")
        if found.changed:
            named = ", ".join(one_line(key.sample_id, 40) for key in found.changed[:NAMED])
            more = f" and {len(found.changed) - NAMED:,} more" if len(found.changed) > NAMED else ""
            blocks.append(f"Judged otherwise: {named}{more}.")
        return blocks

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a task, model, mode and threshold of the new run."""
        return LastScreen(result=self.result).to_dataframe()

    def to_dict(self) -> dict[str, Any]:
        """Return the new run's document, with the parent and the table."""
        found = self._agreement()
        table = {old.value: {new.value: found.counts.get((old, new), 0) for new in ORDER} for old in ORDER}
        about = {"n": found.n, "same": found.same, "kappa": found.kappa, "table": table}
        return {**LastScreen(result=self.result).to_dict(), "parent": str(self.parent), "agreement": about}

    def _agreement(self) -> Agreement:
        return agreement(self.parent, self.result.folder)
