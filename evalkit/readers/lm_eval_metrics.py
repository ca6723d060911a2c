"""Which metric of lm-evaluation-harness's rows is the verdict, and of which filter.

A row's `metrics` are in the order of the task's metric_list; in files before 0.4.5 they are the keys that are none of
the fixed ones. The verdict is the first metric whose values are all 0 or 1 in the file; a metric with other values is
a score (mc2's share, BLEU, a perplexity), and a list is nothing.

Tasks that evalkit has wrapped add metrics of its own, which are no verdicts: `outcome` (correct, error, idk or
missing), `idk`, `threshold_score`, `prompt_threshold` (the target stated in the prompt).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from evalkit.dataset.source import Source
from evalkit.readers.base import Verdict
from evalkit.readers.scores import is_binary, is_number

ROW = frozenset({"doc_id", "doc", "target", "resps", "filtered_resps"})
FIXED = ROW | {"arguments", "filter", "metrics", "doc_hash", "prompt_hash", "target_hash", "model_output",
               "output_matches_target", "idx", "repeats", "task", "task_name"}  # fmt: skip
OUTCOME, IDK, SCORE, STATED = "outcome", "idk", "threshold_score", "prompt_threshold"
"""Metrics that evalkit adds; a plain prompt has a score for each of several targets, `threshold_score_0.75`."""
OUTCOMES: dict[str, Verdict] = {"correct": "right", "error": "wrong", "idk": "idk", "missing": "unscored"}
MOST = 4096
"""Different combinations of verdicts of one filter that are counted."""


@dataclass
class _Filter:
    """What the rows of one filter hold."""

    order: list[str] = field(default_factory=list)
    """Metrics in the order met."""
    others: set[str] = field(default_factory=set)
    """Metrics with a value that is no verdict."""
    combinations: Counter[tuple[tuple[str, bool], ...]] = field(default_factory=Counter)
    """Verdicts of a row → rows."""

    def add(self, row: Mapping[str, Any]) -> None:
        verdicts = []
        for name in metrics_of(row):
            if name not in self.order:
                self.order.append(name)
            value = row[name]
            if is_binary(value):
                verdicts.append((name, bool(value)))
            elif is_number(value):
                self.others.add(name)
        if len(self.combinations) < MOST:
            self.combinations[tuple(verdicts)] += 1

    @property
    def verdicts(self) -> list[str]:
        """Metrics that are verdicts."""
        met = {name for one in self.combinations for name, _ in one}
        return [name for name in self.order if name in met - self.others]

    def right(self, metric: str) -> tuple[int, int]:
        """Rows that a metric calls right, and rows that have it."""
        right = sum(n for one, n in self.combinations.items() if (metric, True) in one)
        return right, right + sum(n for one, n in self.combinations.items() if (metric, False) in one)

    def differ(self, first: str, second: str) -> int:
        """Rows on which two metrics disagree."""
        pairs = [(dict(one), n) for one, n in self.combinations.items()]
        return sum(n for one, n in pairs if first in one and second in one and one[first] != one[second])


class Choice:
    """Chooses filter and metric of the rows of one task.

    Args:
        source: the file, with the user's preference.
        rows: all rows of the task.
    """

    def __init__(self, source: Source, rows: Iterable[Mapping[str, Any]]) -> None:
        self._preference = source.preference
        self._filters: dict[str, _Filter] = {}
        for row in rows:
            self._filters.setdefault(str(row.get("filter", "")), _Filter()).add(row)
        wanted = self._preference.filter
        self._preference.offer("filter", self._filters)
        if wanted in self._filters and wanted:
            self._preference.meet("filter")
        self.filter = wanted if wanted in self._filters else next(iter(self._filters), "")
        self._taken = self._filters.get(self.filter, _Filter())
        self._preference.offer("metric", self._taken.order)
        self._verdicts = self._taken.verdicts
        if wanted and wanted not in self._filters:
            source.warn(f"it has no filter {wanted}; {self.filter or 'its only one'} is read")
        if (name := self._preference.name) and name not in self._taken.order:
            source.warn(f"it has no metric {name}; {', '.join(self._verdicts[:1]) or 'another'} is read")
        self._warn(source)

    def metric(self, row: Mapping[str, Any]) -> str:
        """Choose the metric of one row: the preferred one, a verdict, or a score; "" where it has none."""
        names = [name for name in metrics_of(row) if is_number(row[name])]
        if (wanted := self._preference.name) in names:
            self._preference.meet_name()
            return wanted
        return next((name for name in names if name in self._verdicts), names[0] if names else "")

    def is_verdict(self, metric: str) -> bool:
        """Whether a metric is 0 or 1 on every row."""
        return metric in self._verdicts

    def _warn(self, source: Source) -> None:
        """Say what was taken, with the counts of what was not."""
        if len(self._filters) > 1 and not self._preference.filter:
            others = ", ".join(
                f"{name}: {self._count(one)}" for name, one in self._filters.items() if name != self.filter
            )
            source.warn(
                f"the verdicts are those of filter {self.filter} ({self._count(self._taken)}), not {others};"
                " --filter NAME takes another"
            )
        first, *later = self._verdicts or [""]
        differing = [name for name in later if self._taken.differ(first, name)]
        if differing and not self._preference.name:
            told = ", ".join(self._differs(first, name) for name in differing)
            source.warn(
                f"the verdicts are those of {first} ({self._of(self._taken, first)}), not {told};"
                " --metric NAME takes another"
            )

    def _differs(self, first: str, name: str) -> str:
        return f"{name}: {self._of(self._taken, name)}, other on {self._taken.differ(first, name):,} rows"

    def _count(self, one: _Filter) -> str:
        wanted = self._preference.name
        metric = wanted if wanted in one.order else next(iter(one.verdicts), "")
        return self._of(one, metric) if metric else "no verdicts"

    def _of(self, one: _Filter, metric: str) -> str:
        right, n = one.right(metric)
        return f"{right:,} right of {n:,}"


def metrics_of(row: Mapping[str, Any]) -> list[str]:
    """List the metrics of a row, in the order of the task's, acc before acc_norm."""
    named = row.get("metrics")
    metrics = [str(name) for name in named if str(name) in row] if isinstance(named, list) else []
    metrics = metrics or [name for name in row if name not in FIXED]
    if recorded_outcome(row) is not None:
        metrics = [name for name in metrics if name not in (OUTCOME, IDK, STATED) and not name.startswith(SCORE)]
    if "acc" in metrics and "acc_norm" in metrics and metrics.index("acc_norm") < metrics.index("acc"):
        metrics.remove("acc")
        metrics.insert(metrics.index("acc_norm"), "acc")
    return metrics


def recorded_outcome(row: Mapping[str, Any]) -> Verdict | None:
    """Read the outcome that a wrapped task has kept in a row; None where it has none."""
    found, named = row.get(OUTCOME), row.get("metrics")
    return OUTCOMES.get(found) if isinstance(found, str) and isinstance(named, list) and OUTCOME in named else None


def stated_threshold(row: Mapping[str, Any]) -> float | None:
    """Read the confidence target that a wrapped task has stated; None where it stated none."""
    found = row.get(STATED)
    return float(found) if recorded_outcome(row) is not None and isinstance(found, (int, float)) else None
