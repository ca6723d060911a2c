"""Outcomes as numbers and as counts: the one encoding that every array and table of evalkit uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

CORRECT, ERROR, IDK, MISSING = 0, 1, 2, 3
"""Codes of the outcomes in integer arrays, and their positions in lists of counts."""
OUTCOMES = ("correct", "error", "idk", "missing")
"""Names of the outcomes, in the order of their codes."""
GRADED = OUTCOMES[:MISSING]
"""Outcomes that are a verdict; a missing answer has none."""
CODES: dict[str, int] = {name: code for code, name in enumerate(OUTCOMES)}
"""Name of an outcome → its code; members of `evalkit.Outcome` are such names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """Outcomes of one scorecard, or of one item over its epochs; what a registered metric works on.

    Attributes:
        correct: correct answers, at least 0.
        error: wrong answers, at least 0.
        idk: answers that make no claim, at least 0.
        missing: answers without a verdict, at least 0; in no other count.
        answerable: of an item, whether a right answer exists; True for a scorecard.
        credit: mean partial credit in [0, 1] where the grader gives any; else None.
        strata: of a scorecard, stratum → its counts; empty where the task has none.
        measures: of a scorecard, name → sum over its answers of what the grader measured.
        confidences: of a scorecard, each answer's confidence in [0, 1] and whether it was correct, in any order; only
            of answers with a confidence.

    Raises:
        ValueError: a count is negative, or the credit is outside [0, 1].
    """

    correct: int = 0
    error: int = 0
    idk: int = 0
    missing: int = 0
    answerable: bool = True
    credit: float | None = None
    strata: Mapping[str, Counts] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    confidences: Sequence[tuple[float, bool]] = ()

    def __post_init__(self) -> None:
        for name in OUTCOMES:
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, not {getattr(self, name)}")
        if self.credit is not None and not 0 <= self.credit <= 1:
            raise ValueError(f"credit {self.credit} is out of range: must be from 0 to 1")

    @property
    def n(self) -> int:
        """Answers with a verdict: correct + error + idk."""
        return self.correct + self.error + self.idk

    @property
    def attempted(self) -> int:
        """Answers that make a claim: correct + error."""
        return self.correct + self.error


@dataclass(frozen=True, kw_only=True, slots=True)
class Details:
    """What is known of a scorecard's answers beside their outcomes; the attributes are those of `Counts`."""

    credit: float | None = None
    strata: Mapping[str, Counts] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    confidences: Sequence[tuple[float, bool]] = ()
