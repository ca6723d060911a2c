"""Everything that Inspect's entry-point group registers: importing it registers it."""

from __future__ import annotations

from evalkit.integrations.inspect.metrics import (
    accuracy_given_attempted,
    coverage,
    idk_rate,
    outcome_counts,
    threshold_score,
)
from evalkit.integrations.inspect.scorer import three_way
from evalkit.integrations.inspect.solver import confidence_target
from evalkit.integrations.inspect.task import with_confidence_target

__all__ = [
    "accuracy_given_attempted",
    "confidence_target",
    "coverage",
    "idk_rate",
    "outcome_counts",
    "three_way",
    "threshold_score",
    "with_confidence_target",
]
