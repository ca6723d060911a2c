"""Is a candidate at most a margin worse than a baseline? GO, NO-GO, or how many questions would decide.

A non-inferiority test: the 90% paired interval of candidate − baseline, in points of S_t, against −margin. GO if its
lower end is above, NO-GO if its upper end is below; each wrong in at most 5% of cases. Missing answers stand at the end
that is worse for the decision.

The interval adds two imaginary questions, one lost and one won by all that a question can cost (after Agresti and Min
2005, who do so for two paired proportions): without them, few questions on which both agree would leave no doubt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evalkit.analysis.comparison import Comparison, Row, compare_runs
from evalkit.errors import InputError, UsageError
from evalkit.metrics.threshold import penalty
from evalkit.runs.folder import DEFAULT_FOLDER

Decision = Literal["GO", "NO-GO", "INCONCLUSIVE"]
Z90 = 1.6448536269514722
"""The normal quantile at 0.95: 5% on either side."""


@dataclass(frozen=True, kw_only=True)
class GatedTask:
    """The decision on one task."""

    task: str
    mode: str
    n: int
    """Questions that both answered."""
    difference: float
    """Candidate − baseline, in points of S."""
    ci90: tuple[float, float]
    missing: int
    decision: Decision
    n_to_decide: int | None
    """Questions that would decide, if the difference and its spread stay; None where it is decided, or none would."""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The decision on all tasks that both runs have: NO-GO if one is, GO if all are."""

    baseline: str
    candidate: str
    threshold: float
    margin: float
    tasks: list[GatedTask]

    @property
    def decision(self) -> Decision:
        """GO, NO-GO or INCONCLUSIVE."""
        found = {task.decision for task in self.tasks}
        if "NO-GO" in found:
            return "NO-GO"
        return "GO" if found == {"GO"} else "INCONCLUSIVE"


def decide(
    baseline: str | Path, candidate: str | Path, threshold: float, margin: float, out: str | Path = DEFAULT_FOLDER
) -> Gate:
    """Decide whether a candidate may replace a baseline.

    Args:
        baseline: a run folder, or its name below `out`.
        candidate: likewise.
        threshold: the target t at which they are scored, 0 ≤ t < 1.
        margin: points of S by which the candidate may be worse, ≥ 0.
        out: where runs are looked for by name.

    Raises:
        UsageError: the margin is negative or not finite.
        InputError: no such run, or nothing that both were asked and that is graded.
    """
    if not (margin >= 0 and math.isfinite(margin)):
        raise UsageError(f"margin {margin:g}: give points of S by which the candidate may be worse, 0 or more")
    compared = compare_runs(candidate, baseline, [threshold], out)
    rows = [row for row in compared.rows if row.n]
    # Where the target was stated, that is what the gate is about.
    stated = {row.task for row in rows if row.mode == "open"}
    tasks = [_gated(row, margin) for row in rows if row.mode == "open" or row.task not in stated]
    if not tasks:
        raise InputError(_nothing(compared, threshold))
    return Gate(baseline=compared.b, candidate=compared.a, threshold=threshold, margin=margin, tasks=tasks)


def _nothing(compared: Comparison, threshold: float) -> str:
    return f"{compared.a} and {compared.b} have no question that both answered and that can be scored at {threshold:g}"


def _gated(row: Row, margin: float) -> GatedTask:
    assert row.difference is not None
    assert row.se is not None
    center, se = _with_two_more(row.n, row.difference, row.se, 1 + penalty(row.threshold))
    worst, best = row.range or (row.difference, row.difference)
    shift = center - row.difference
    low = min(center, worst + shift) - Z90 * se
    high = max(center, best + shift) + Z90 * se
    decision: Decision = "GO" if low > -margin else "NO-GO" if high < -margin else "INCONCLUSIVE"
    return GatedTask(
        task=row.task,
        mode=row.mode,
        n=row.n,
        difference=row.difference,
        ci90=(low, high),
        missing=row.missing,
        decision=decision,
        n_to_decide=_needed(row, margin) if decision == "INCONCLUSIVE" else None,
    )


def _with_two_more(n: int, difference: float, se: float, most: float) -> tuple[float, float]:
    """Mean and standard error with one question more that is lost by `most`, and one that is won."""
    total, squares = n * difference, n * (n * se**2 + difference**2)
    mean = total / (n + 2)
    variance = (squares + 2 * most**2) / (n + 2) - mean**2
    return mean, math.sqrt(max(variance, 0.0) / (n + 2))


def _needed(row: Row, margin: float) -> int | None:
    """Questions at which the interval would clear −margin, with this difference and spread, and none missing."""
    assert row.difference is not None
    assert row.se is not None
    room = abs(row.difference + margin)
    if room < 1e-9:  # noqa: PLR2004 - on the margin itself: no number of questions decides
        return None
    most = 1 + penalty(row.threshold)
    n = row.n
    while n < 10**9:
        n = math.ceil(n * 1.05) + 1
        center, se = _with_two_more(n, row.difference, row.se * math.sqrt(row.n / n), most)
        if center - Z90 * se > -margin or center + Z90 * se < -margin:
            return n
    return None
