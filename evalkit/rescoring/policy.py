"""The outcome policy: what a file's verdict and the answer's text make of a row.

In this order: what the file calls right is correct, whatever it sounds like. What the file marks as abstention is
IDK. What it calls wrong is sorted by its text: nothing there, an abstention or a refusal are IDK; an attempt from
which the file's harness could extract no answer is `unparsed`, an error; any other attempt is an error. Where the
format shows that an answer was attempted, or keeps no text, the text does not decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from evalkit.abstention import non_answer
from evalkit.readers.base import ForeignRow, Verdict
from evalkit.records import Grade, NonAnswer, Outcome

GRADER = "rescored"


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What evalkit takes a row to say, once the user's terms and the file's surroundings are applied."""

    row: ForeignRow
    """What the file says."""
    task: str
    model: str
    verdict: Verdict | None
    """None where neither the file nor gold decides."""
    target: Sequence[str]
    answer: str | None
    attempted: bool
    unreadable: bool

    @classmethod
    def of(cls, row: ForeignRow) -> Reading:
        """Take a row at its word."""
        return cls(
            row=row,
            task=row.task,
            model=row.model,
            verdict=row.verdict,
            target=row.target,
            answer=row.answer,
            attempted=row.attempted,
            unreadable=row.unreadable,
        )


def apply_policy(reading: Reading, count_as: Mapping[NonAnswer, Outcome]) -> Grade | None:
    """Grade a row by its verdict and text; see the module.

    Args:
        reading: one whose verdict is not "failed".
        count_as: changes to what a kind of non-answer counts as.

    Returns:
        The grade; None where there is no verdict and the text makes a claim.
    """
    row = reading.row
    more: dict[str, Any] = {"answer": reading.answer, "confidence": row.confidence, "credit": row.credit}
    if reading.verdict == "right":
        return Grade.of(True, reason=row.reason or "right in the file", grader=GRADER, **more)
    kind = kind_of(reading)
    if reading.verdict is None and (kind is None or row.text is None):
        return None
    if kind is None:
        return Grade.of(False, reason=row.reason or "wrong in the file", grader=GRADER, **more)
    outcome = count_as.get(kind, Outcome.ERROR if kind is NonAnswer.UNPARSED else Outcome.IDK)
    return Grade(outcome=outcome, non_answer=kind, grader=GRADER, reason=row.reason or _WHY[kind], **more)


_WHY = {
    NonAnswer.EMPTY: "no text",
    NonAnswer.ABSTAINED: "makes no claim",
    NonAnswer.REFUSAL: "declines to answer",
    NonAnswer.UNPARSED: "a claim from which no answer was read",
}


def kind_of(reading: Reading) -> NonAnswer | None:
    """Tell the kind of non-answer of a row that its file does not call right; None for a claim."""
    row = reading.row
    if row.text is not None and not row.text.strip():
        return NonAnswer.EMPTY
    if row.refused:
        return NonAnswer.REFUSAL
    unparsed = NonAnswer.UNPARSED if reading.unreadable else None
    if reading.attempted and reading.verdict != "idk":
        return unparsed
    detected = _detect(reading) if row.text else None
    if reading.verdict == "idk":
        return detected or NonAnswer.ABSTAINED
    return detected or unparsed


def _detect(reading: Reading) -> NonAnswer | None:
    row = reading.row
    kind = non_answer(row.text or "", question=row.input or None, target=reading.target, choices=row.choices)
    if kind == "empty" and reading.answer:  # an answer of signs alone, such as closing brackets
        return None
    return NonAnswer(kind) if kind else None
