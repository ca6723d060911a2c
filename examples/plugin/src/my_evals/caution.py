"""A metric beside the scores."""

from evalkit import metric
from evalkit.metrics import Counts


@metric
def caution(counts: Counts) -> float | None:
    """Share of the questions not answered correctly that were answered with IDK, in [0, 1]."""
    not_correct = counts.n - counts.correct
    return counts.idk / not_correct if not_correct else None
