"""`evalkit compare`: two runs or two models side by side, on the terminal, as a table and as JSON."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.analysis.comparison import Comparison, CutOff, Flip, Row, compare_runs
from evalkit.display import Block, Heading, Printable, Table, finite, one_line, shorten
from evalkit.metrics.paired import FiellerSet
from evalkit.records import SCHEMA_VERSION
from evalkit.report import missing
from evalkit.report.table import number, place, span
from evalkit.runs.folder import DEFAULT_FOLDER

if TYPE_CHECKING:
    import pandas as pd

NAMED = 4
"""Samples named for each way to flip."""
WIDE, NARROW = 24, 12
"""Cells of a model's name over its column."""
WORDS = {"correct": "right", "error": "wrong", "idk": "IDK", "missing": "missing"}


@dataclass(frozen=True, kw_only=True)
class PrintedComparison(Comparison, Printable):
    """A comparison that prints: a table a task, then which samples flip and where the ranks change."""

    def blocks(self) -> list[Block]:
        """Return who A and B are, what has to be put right first, and the tables."""
        blocks: list[Block] = [f"A  {self._side(self.a, self.heading_a)}\nB  {self._side(self.b, self.heading_b)}"]
        sides = [_asked(name, cut) for name, cut in zip("AB", self.cut_off, strict=True)]
        blocks += [line for side in sides for line in missing.remedy(side)]
        if self.only_a or self.only_b:
            blocks.append(f"Left out: {self.only_a:,} answers that only A has, {self.only_b:,} that only B has.")
        for task in dict.fromkeys(row.task for row in self.rows):
            rows = [row for row in self.rows if row.task == task]
            blocks += [Heading(one_line(task)), self._table(rows), *_flip_lines(rows)]
            if task in self.crossings:
                blocks.append(_crossing_line(task, rows, self))
        blocks += ["", *(line for side in sides for line in missing.cut_off(side)), *self._legend()]
        return blocks

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a task, mode and target, without the flips."""
        import pandas as pd

        rows = []
        for row in self.rows:
            plain = {key: value for key, value in row._asdict().items() if key not in ("flips", "ci95", "range")}
            (low, high), (worst, best) = row.ci95 or (None, None), row.range or (None, None)
            rows.append({**plain, "ci95_low": low, "ci95_high": high, "range_low": worst, "range_high": best})
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data; what `--json` prints."""
        rows = [{**row._asdict(), "flips": [flip._asdict() for flip in row.flips]} for row in self.rows]
        crossings = {
            task: {**crossing._asdict(), "set": fieller and fieller._asdict()}
            for task, (crossing, fieller) in self.crossings.items()
        }
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        cut = {name: side._asdict() for name, side in zip("ab", self.cut_off, strict=True)}
        plain: dict[str, Any] = finite({**fields, "rows": rows, "crossings": crossings, "cut_off": cut})
        return {"schema_version": SCHEMA_VERSION, **plain}

    @staticmethod
    def _side(run: str, heading: str) -> str:
        return f"{one_line(heading, 200)}   (run {one_line(run, 200)})" if heading else one_line(run, 200)

    def _heads(self, width: int) -> list[str]:
        """What stands over the columns of A and B: the model with what differs; the run where nothing does."""
        named = (self.heading_a, self.heading_b) if self.heading_a != self.heading_b else (self.a, self.b)
        return [shorten(one_line(name, 200), width) for name in named]

    def _table(self, rows: Sequence[Row]) -> Table:
        ranged = any(_notable(row) for row in rows)
        a, b = self._heads(WIDE)
        columns = ["t", "target stated", ">n", f">A: {a}", f">B: {b}", "A − B", *["range"] * ranged, ">p", ">Holm"]
        cells = [_cells(row, ranged) for row in rows]
        a, b = self._heads(NARROW)
        heads = [
            "t",
            "target\nstated",
            ">n",
            f">A:\n{a}",
            f">B:\n{b}",
            "A − B\nrange" if ranged else "A − B",
            ">p",
            ">Holm",
        ]
        short = Table(columns=heads, rows=[_narrow(row, ranged) for row in cells])
        return Table(columns=columns, rows=cells, narrower=[[short]])

    def _legend(self) -> Iterator[str]:
        yield (
            "p: exact sign-flip test of equal scores, two-sided, paired by sample. Holm: the same, corrected for all"
            " rows above."
        )
        if any(_notable(row) for row in self.rows):
            yield "range: A − B with every missing answer at its worst for A, and at its best."


def compare(
    a: str | Path, b: str | Path | None = None, thresholds: Sequence[float] = (), out: str | Path = DEFAULT_FOLDER, *,
    models: Sequence[str] = (),
) -> PrintedComparison:  # fmt: skip
    """Compare two runs, or two models of one run, on the samples that both have; the public `evalkit.compare`.

    Args:
        a: a run folder, or its name below `out`.
        b: another; without it, two models of `a` are compared.
        thresholds: where they are compared; default: the targets that were stated to both, and 0, 0.5, 0.75, 0.9
            where none was stated to either.
        out: where runs are looked for by name.
        models: A's model and B's, of runs that hold several; one name stands for both.

    Returns:
        A value that prints as tables, and converts with `to_dataframe()`; its `rows` are the numbers.

    Raises:
        UsageError: one run without two models.
        InputError: no such run or model, several models in a run and none named, or no sample in common.
    """
    comparison = compare_runs(a, b, thresholds, out, models)
    return PrintedComparison(
        **{field.name: getattr(comparison, field.name) for field in dataclasses.fields(comparison)}
    )


def _asked(name: str, side: CutOff) -> missing.Asked:
    return missing.Asked(
        who=name, asked=side.asked, cut=side.cut, truncated=side.truncated, reached=side.cut, limit=side.limit,
        own=side.own,
    )  # fmt: skip


def _notable(row: Row) -> bool:
    return row.range is not None and (not row.n or missing.is_notable(row.missing_share))


def _cells(row: Row, ranged: bool) -> list[str]:
    stated = "yes (open)" if row.mode == "open" else "no (closed)"
    scores = ["–" if score is None else number(score) for score in (row.score_a, row.score_b)]
    spans = [span(*row.range) if row.range and _notable(row) else "–"] * ranged
    return [f"{row.threshold:g}", stated, f"{row.n:,}", *scores, _difference(row), *spans, _p(row.p), _p(row.p_holm)]


def _narrow(cells: Sequence[str], ranged: bool) -> list[str]:
    """The same cells with the interval and the range below the difference."""
    t, stated, n, a, b, difference, *rest = cells
    lines = [difference.replace(" [", "\n["), *rest[:ranged]]
    return [t, stated.partition(" ")[0], n, a, b, "\n".join(lines), *rest[ranged:]]


def _difference(row: Row) -> str:
    if row.difference is None or row.ci95 is None:
        return "–"
    if not row.se or math.isnan(row.se):
        return f"{number(row.difference)} (all samples alike)"
    return f"{number(row.difference)} [{number(row.ci95[0])}, {number(row.ci95[1])}]"


def _flip_lines(rows: list[Row]) -> list[Block]:
    """A table for each prompt: what flips depends on the stated target, not on the t that answers are scored at."""
    by_prompt = {None if row.mode == "closed" else row.threshold: row for row in rows}
    lines: list[Block] = []
    for t, row in by_prompt.items():
        if row.flips:
            where = "No target stated" if t is None else f"Target t = {t:g} stated"
            count = sum(len(flip.samples) for flip in row.flips)
            lines.append(f"{where}, {count:,} of {row.n:,} samples differ:")
            lines.append(Table(columns=("A", "B", ">samples", "such as"), rows=[_flip(flip) for flip in row.flips]))
    if not any(row.n for row in rows):
        return ["No sample is graded on both sides: only the range is known."]
    return lines or ["No sample differs: on each of them A and B are both right, both wrong or both IDK."]


def _flip(flip: Flip) -> list[str]:
    samples = ", ".join(one_line(sample, 40) for sample in flip.samples[:NAMED])
    more = ", …" if len(flip.samples) > NAMED else ""
    return [WORDS[flip.a], WORDS[flip.b], f"{len(flip.samples):,}", f"{samples}{more}"]


def _crossing_line(task: str, rows: list[Row], comparison: Comparison) -> str:
    crossing, fieller = comparison.crossings[task]
    if crossing.t is None:
        return {
            "A dominates": "With no target stated, A is ahead at every t.",
            "B dominates": "With no target stated, B is ahead at every t.",
            "identical": "With no target stated, both score the same at every t.",
        }[crossing.kind]
    first = _ahead_below(crossing.t, rows)
    order = f"{first} is ahead below t = {place(crossing.t)} and {'B' if first == 'A' else 'A'} above"
    if not first:
        order = f"the one with more right answers is ahead below t = {place(crossing.t)}, and the other above"
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
        return f"; with 95% confidence the change lies between t = {place(fieller.low)} and {place(fieller.high)}"
    return "; these samples are too few to say with 95% confidence where, or whether, they change"


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return "<0.001" if value < 0.001 else f"{value:.3f}"  # noqa: PLR2004 - as printed
