"""How two gradings of the same answers agree: a table of outcomes, and Cohen's kappa."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evalkit.records import Outcome, RecordKey
from evalkit.runs.journal import read_records

ORDER = (Outcome.CORRECT, Outcome.ERROR, Outcome.IDK, Outcome.MISSING)


@dataclass(frozen=True)
class Agreement:
    """Answers by their outcome in the first and in the second grading."""

    counts: Mapping[tuple[Outcome, Outcome], int]
    changed: list[RecordKey]
    """Answers whose outcome differs."""

    @property
    def n(self) -> int:
        """Answers that both graded."""
        return sum(self.counts.values())

    @property
    def same(self) -> int:
        """Those with the same outcome."""
        return sum(n for (first, second), n in self.counts.items() if first is second)

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa (1960), in [−1, 1]; None where chance alone would agree on all, or there is nothing."""
        if not self.n:
            return None
        first, second = Counter[Outcome](), Counter[Outcome]()
        for (a, b), n in self.counts.items():
            first[a] += n
            second[b] += n
        by_chance = sum(first[one] * second[one] for one in ORDER) / self.n**2
        return (self.same / self.n - by_chance) / (1 - by_chance) if by_chance < 1 else None


def agreement(first: Path, second: Path) -> Agreement:
    """Compare two gradings of the same answers.

    Args:
        first, second: run folders.

    Raises:
        InputError: a record cannot be read.
    """
    earlier = {record.key: record.grade.outcome for record in read_records(first)}
    counts = Counter[tuple[Outcome, Outcome]]()
    changed = []
    for record in read_records(second):
        before = earlier.get(record.key)
        if before is None:
            continue
        counts[before, record.grade.outcome] += 1
        if before is not record.grade.outcome:
            changed.append(record.key)
    return Agreement(counts, changed)
