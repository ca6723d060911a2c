"""evalkit's own outcomes in Inspect's logs: what `three_way` keeps beside a score, and how it is read back.

A score's `metadata.evalkit` holds {outcome, non_answer, reason, prompt_threshold}; a sample's store holds the target
that `confidence_target` stated under `evalkit:prompt_threshold`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from evalkit.readers.base import Verdict
from evalkit.readers.fields import Fields
from evalkit.records import Grade, NonAnswer, Outcome

KEY = "evalkit"
"""Key of a score's metadata."""
STATED = "evalkit:prompt_threshold"
"""Key of a sample's store."""


class Recorded(NamedTuple):
    """An outcome as a row says it, so that the outcome policy gives it back."""

    verdict: Verdict
    attempted: bool = False
    unreadable: bool = False
    refused: bool = False
    truncated: bool = False
    reason: str = ""
    threshold: float | None = None


def outcome_metadata(grade: Grade, threshold: float | None) -> dict[str, Any]:
    """Write a grade as metadata of a score.

    Args:
        grade: the outcome of the answer.
        threshold: the confidence target stated in the prompt, 0 ≤ t < 1; None for a plain prompt.
    """
    return {
        "outcome": grade.outcome.value,
        "non_answer": grade.non_answer.value if grade.non_answer else None,
        "reason": grade.reason,
        "prompt_threshold": threshold,
    }


def read_outcome(metadata: object) -> Recorded | None:
    """Read the outcome in a score's metadata; None where it holds none of evalkit's."""
    own = metadata.get(KEY) if isinstance(metadata, Mapping) else None
    if not isinstance(own, Mapping) or own.get("outcome") not in list(Outcome):
        return None
    kind, threshold = own.get("non_answer"), own.get("prompt_threshold")
    recorded = _VERDICTS[Outcome(own["outcome"])]
    return recorded._replace(
        verdict="partial" if kind == NonAnswer.PARTIAL else recorded.verdict,
        attempted=recorded.attempted or kind == NonAnswer.PARTIAL,
        unreadable=kind == NonAnswer.UNPARSED,
        refused=kind == NonAnswer.REFUSAL,
        truncated=kind == NonAnswer.TRUNCATED,
        reason=str(own.get("reason") or ""),
        threshold=float(threshold) if isinstance(threshold, (int, float)) else None,
    )


_VERDICTS = {
    Outcome.CORRECT: Recorded("right", attempted=True),
    Outcome.ERROR: Recorded("wrong", attempted=True),
    Outcome.IDK: Recorded("idk"),
    Outcome.MISSING: Recorded("unscored"),
}


def stated_threshold(sample: Fields) -> float | None:
    """Read the confidence target that the solver stated for a sample; None where it stated none."""
    store = sample.value("store")
    found = store.get(STATED) if isinstance(store, Mapping) else None
    return float(found) if isinstance(found, (int, float)) else None
