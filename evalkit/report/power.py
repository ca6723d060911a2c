"""`evalkit power`: how many questions a comparison of two models needs, or an interval of a given width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, overload

from evalkit.analysis.comparison import Row, compare_runs
from evalkit.display import Block, Printable, Table, one_line
from evalkit.errors import InputError, UsageError
from evalkit.metrics import paired
from evalkit.metrics.threshold import check_threshold
from evalkit.report.table import number, percent
from evalkit.runs.folder import DEFAULT_FOLDER
from evalkit.runs.scorecard import DEFAULT_THRESHOLDS

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class ComparisonSize:
    """What telling two models apart on one task at one threshold takes."""

    task: str
    threshold: float
    mode: str
    """open: both were asked with this target stated; closed: with none stated."""
    n: int
    """Questions that both runs have."""
    difference: float
    """Points a question, A less B."""
    standard_deviation: float
    """Of the difference on one question."""
    power_now: float | None
    """Probability that `n` questions show the effect; None where it is 0 or nothing varies."""
    needed: int | None
    """Questions for the wanted power; None likewise."""


@dataclass(frozen=True, kw_only=True)
class ComparisonSizes(Printable):
    """Questions needed to tell two models apart, from two runs on the same questions."""

    a: str
    b: str
    power: float
    effect: float | None
    """Difference to be found; None: the one that the runs show."""
    rows: list[ComparisonSize]

    def blocks(self) -> list[Block]:
        """Return a row a task, threshold and mode, and what the columns mean."""
        columns = ("task", ">t", "target", ">questions", ">A − B", ">sd", ">power now", ">questions needed")
        effect = "as large as A − B" if self.effect is None else f"of {self.effect:g} points a question"
        meaning = (
            f"Questions needed to find a difference {effect} with probability {percent(self.power)}: two-sided test at"
            " the 5% level, paired by question. sd: standard deviation of the difference on one question. target:"
            " whether the prompt stated t."
        )
        return [
            f"A  {one_line(self.a, 200)}\nB  {one_line(self.b, 200)}",
            Table(columns=columns, rows=[_comparison_row(one) for one in self.rows], names=(0,)),
            meaning,
        ]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a task, threshold and mode."""
        import pandas as pd

        return pd.DataFrame([asdict(row) for row in self.rows])

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class IntervalSize:
    """What an interval of a given width takes at one threshold."""

    threshold: float
    score: int
    """Questions for S ± the half-width."""
    normalized: int
    """Questions for N = (1−t)·S + t ± the half-width."""


@dataclass(frozen=True, kw_only=True)
class IntervalSizes(Printable):
    """Questions needed for 95% intervals of a given half-width."""

    accuracy: float
    error: float
    half_width: float
    rows: list[IntervalSize]

    def blocks(self) -> list[Block]:
        """Return a row a threshold, and what the columns mean."""
        columns = (">t", f">questions for S ± {self.half_width:g}", f">questions for N ± {self.half_width:g}")
        rows = [[f"{one.threshold:g}", f"{one.score:,}", f"{one.normalized:,}"] for one in self.rows]
        meaning = (
            f"For 95% intervals of a model that is right on {percent(self.accuracy)} and wrong on {percent(self.error)}"
            " of the questions. S: score, in points a question. N = (1−t)·S + t: the score brought to [0, 1]."
        )
        return [Table(columns=columns, rows=rows), meaning]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a threshold."""
        import pandas as pd

        return pd.DataFrame([asdict(row) for row in self.rows])

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return asdict(self)


@overload
def power(
    a: str, b: str | None = ..., *, thresholds: Sequence[float] = ..., effect: float | None = ..., power: float = ...,
    out: str = ..., models: Sequence[str] = ...,
) -> ComparisonSizes: ...  # fmt: skip
@overload
def power(
    *, accuracy: float, error: float, thresholds: Sequence[float] = ..., half_width: float = ...
) -> IntervalSizes: ...
def power(
    a: str | None = None, b: str | None = None, *, thresholds: Sequence[float] = DEFAULT_THRESHOLDS,
    effect: float | None = None, power: float = 0.8, accuracy: float | None = None, error: float | None = None,
    half_width: float = 0.02, out: str = DEFAULT_FOLDER, models: Sequence[str] = (),
) -> ComparisonSizes | IntervalSizes:  # fmt: skip
    """Say how many questions are needed: to tell two models apart, or for an interval of a given width.

    Args:
        a: a run, as a folder or a name below `out`.
        b: another on the same questions; without it, two `models` of `a` are compared.
        accuracy: without runs, the expected share of right answers.
        error: without runs, the expected share of wrong answers.
        thresholds: confidence targets, each 0 ≤ t < 1.
        effect: with runs, the difference to be found, in points a question; default the one they show.
        power: with runs, the probability to find it, between 0 and 1.
        half_width: without runs, of the 95% interval, above 0.
        out: where runs are looked for by name.
        models: A's model and B's, of runs that hold several.

    Raises:
        UsageError: neither two runs nor both shares, or a number out of range.
        InputError: no such run, or no question in common.
    """
    for t in thresholds:
        _check_threshold(t)
    if a is not None and (b is not None or models):
        if not 0 < power < 1:
            raise UsageError(f"--power {power:g} must lie between 0 and 1")
        return _compare(a, b, thresholds, effect, power, out, models)
    if a is not None or b is not None or accuracy is None or error is None:
        raise UsageError("give two runs, one run and two models, or --accuracy and --error")
    if not (0 <= accuracy <= 1 and 0 <= error <= 1 and accuracy + error <= 1):
        raise UsageError("--accuracy and --error are shares that sum to at most 1")
    if not half_width > 0:
        raise UsageError(f"--half-width {half_width:g} must be above 0")
    rows = [
        IntervalSize(
            threshold=t,
            score=paired.size_for_half_width(accuracy, error, t, half_width),
            normalized=paired.size_for_half_width(accuracy, error, t, half_width / (1 - t)),
        )
        for t in thresholds
    ]
    return IntervalSizes(accuracy=accuracy, error=error, half_width=half_width, rows=rows)


def _compare(
    a: str, b: str | None, ts: Sequence[float], effect: float | None, wanted: float, out: str, models: Sequence[str]
) -> ComparisonSizes:
    comparison = compare_runs(a, b, list(ts), out, models)
    sizes = [_size(row, effect, wanted) for row in comparison.rows if row.n]
    names = [
        f"{heading} (run {run})" if heading else run
        for run, heading in ((comparison.a, comparison.heading_a), (comparison.b, comparison.heading_b))
    ]
    if not sizes:
        raise InputError(f"{comparison.a} and {comparison.b}: no sample is graded on both sides")
    return ComparisonSizes(a=names[0], b=names[1], power=wanted, effect=effect, rows=sizes)


def _size(row: Row, effect: float | None, wanted: float) -> ComparisonSize:
    shown = row.difference or 0.0
    variance = (row.se or 0.0) ** 2 * row.n
    delta = effect if effect is not None else shown
    findable = bool(delta) and variance > 0
    return ComparisonSize(
        task=row.task,
        threshold=row.threshold,
        mode=row.mode,
        n=row.n,
        difference=shown,
        standard_deviation=variance**0.5,
        power_now=paired.achieved_power(row.n, delta, variance) if findable else None,
        needed=paired.sample_size(delta, variance, power=wanted) if findable else None,
    )


def _comparison_row(one: ComparisonSize) -> list[str]:
    return [
        one_line(one.task, 40),
        f"{one.threshold:g}",
        "stated" if one.mode == "open" else "not stated",
        f"{one.n:,}",
        number(one.difference),
        number(one.standard_deviation),
        "–" if one.power_now is None else f"{percent(one.power_now)}",
        "–" if one.needed is None else f"{one.needed:,}",
    ]


def _check_threshold(t: float) -> None:
    try:
        check_threshold(t)
    except ValueError as error:
        raise UsageError(f"--threshold: {error}") from error
