"""One row graded as `rescore` would grade it in a file, for scorers that run inside other harnesses."""

from __future__ import annotations

from evalkit.dataset.preference import Preference
from evalkit.readers.base import ForeignRow
from evalkit.records import Grade, Outcome
from evalkit.rescoring.policy import Reading, apply_policy
from evalkit.rescoring.verdicts import Verdicts


def grade_row(row: ForeignRow, preference: Preference | None = None) -> Grade:
    """Grade a row by its verdict and its text.

    Args:
        row: what the harness says of one answer.
        preference: from which score an answer is right.

    Returns:
        The grade; `missing`, with the reason, where there is no verdict or its meaning is unknown.
    """
    meaning = Verdicts(marks={}, preference=preference or Preference()).settle(row)
    verdict = meaning.verdict
    if verdict is None or verdict == "failed" or (verdict == "unscored" and not row.truncated):
        return Grade(outcome=Outcome.MISSING, reason=meaning.unknown or row.reason or "no verdict")
    reading = Reading(
        row=row,
        task=row.task,
        model=row.model,
        verdict=verdict,
        target=row.target,
        answer=row.answer,
        attempted=row.attempted,
        unreadable=row.unreadable,
        reason=row.reason,
    )
    grade = apply_policy(reading, {})
    assert grade is not None  # there is a verdict
    return grade
