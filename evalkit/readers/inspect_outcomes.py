"""evalkit's own outcomes in Inspect's logs: what `three_way` keeps beside a score, and how it is read back.

A score's `metadata.evalkit` holds {outcome, non_answer, reason, prompt_threshold}, and in logs that evalkit exports
{undecided, credit, confidence, measures, votes} too; a sample's store holds the target that `confidence_target` stated
under `evalkit:prompt_threshold`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from evalkit.readers.base import Verdict
from evalkit.readers.fields import Fields
from evalkit.readers.recorded import read_grade, verdict_of, write_grade
from evalkit.records import Grade

KEY = "evalkit"
"""Key of a score's metadata."""
STATED = "evalkit:prompt_threshold"
"""Key of a sample's store."""


class Recorded(NamedTuple):
    """An outcome, and what a row says with it."""

    grade: Grade
    verdict: Verdict
    attempted: bool
    threshold: float | None


def outcome_metadata(grade: Grade, threshold: float | None) -> dict[str, Any]:
    """Write a grade as metadata of a score.

    Args:
        grade: the outcome of the answer.
        threshold: the confidence target stated in the prompt, 0 ≤ t < 1; None for a plain prompt.
    """
    return {**write_grade(grade), "prompt_threshold": threshold}


def read_outcome(metadata: object) -> Recorded | None:
    """Read the outcome in a score's metadata; None where it holds none of evalkit's."""
    own = metadata.get(KEY) if isinstance(metadata, Mapping) else None
    if not isinstance(own, Mapping) or (grade := read_grade(own)) is None:
        return None
    threshold = own.get("prompt_threshold")
    verdict = verdict_of(grade)
    return Recorded(
        grade=grade,
        verdict=verdict,
        attempted=verdict in ("right", "wrong", "partial"),
        threshold=float(threshold) if isinstance(threshold, (int, float)) else None,
    )


def stated_threshold(sample: Fields) -> float | None:
    """Read the confidence target that the solver stated for a sample; None where it stated none."""
    store = sample.value("store")
    found = store.get(STATED) if isinstance(store, Mapping) else None
    return float(found) if isinstance(found, (int, float)) else None
