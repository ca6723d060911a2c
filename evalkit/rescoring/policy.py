"""The outcome policy: what a file's verdict and the answer's text make of a row.

In this order: what the file calls right is correct, whatever it sounds like. An answer that the token limit ended
before it committed to anything is missing (`truncated`). What the file marks as abstention is IDK. What it calls
partly right is `partial` (IDK's 0 points, credit kept), unless its text makes no claim. What it calls wrong is sorted
by its text: nothing there, an abstention or a refusal are IDK; an attempt from which the file's harness could extract
no answer is `unparsed`, an error; any other attempt is an error. Where the format shows that an answer was attempted,
or keeps no text, the text does not decide. A grade that evalkit itself recorded stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from evalkit.abstention import non_answer
from evalkit.abstention.final import committed
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
    reason: str = ""

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
            reason=row.reason,
        )


def apply_policy(reading: Reading, count_as: Mapping[NonAnswer, Outcome]) -> Grade | None:
    """Grade a row by its verdict and text; see the module.

    Args:
        reading: one whose verdict is not "failed", and "unscored" only where it was cut off.
        count_as: changes to what a kind of non-answer counts as.

    Returns:
        The grade; None where there is no verdict and the text makes a claim.
    """
    row = reading.row
    if row.recorded is not None:
        return _as_recorded(row.recorded, reading, count_as)
    more: dict[str, Any] = {"answer": reading.answer, "confidence": row.confidence, "credit": row.credit}
    if reading.verdict == "right":
        return Grade.of(True, reason=reading.reason or "right in the file", grader=GRADER, **more)
    kind = kind_of(reading)
    if reading.verdict is None and kind is not NonAnswer.TRUNCATED and (kind is None or row.text is None):
        return None
    if kind is None:
        return Grade.of(False, reason=reading.reason or "wrong in the file", grader=GRADER, **more)
    outcome = count_as.get(kind, _OUTCOMES.get(kind, Outcome.IDK))
    return Grade(outcome=outcome, non_answer=kind, grader=GRADER, reason=reading.reason or _WHY[kind], **more)


def _as_recorded(grade: Grade, reading: Reading, count_as: Mapping[NonAnswer, Outcome]) -> Grade:
    kind = grade.non_answer
    changes = {"outcome": count_as.get(kind, grade.outcome) if kind else grade.outcome, "answer": reading.answer}
    return grade.model_copy(update={**changes, "grader": GRADER})


_OUTCOMES = {NonAnswer.UNPARSED: Outcome.ERROR, NonAnswer.TRUNCATED: Outcome.MISSING}
_WHY = {
    NonAnswer.EMPTY: "no text",
    NonAnswer.ABSTAINED: "makes no claim",
    NonAnswer.REFUSAL: "declines to answer",
    NonAnswer.UNPARSED: "a claim from which no answer was read",
    NonAnswer.PARTIAL: "partly right in the file",
    NonAnswer.TRUNCATED: "cut off at the token limit before it committed to an answer",
}


def kind_of(reading: Reading) -> NonAnswer | None:
    """Tell the kind of non-answer of a row that its file does not call right; None for a claim."""
    row = reading.row
    if row.truncated and (reading.verdict == "unscored" or _is_torso(reading)):
        return NonAnswer.TRUNCATED
    if row.text is not None and not row.text.strip():
        return NonAnswer.EMPTY
    if row.refused:
        return NonAnswer.REFUSAL
    otherwise = NonAnswer.UNPARSED if reading.unreadable else None
    if reading.verdict == "partial":
        otherwise = NonAnswer.PARTIAL
    if reading.attempted and reading.verdict != "idk":
        return otherwise
    detected = _detect(reading) if row.text else None
    if reading.verdict == "idk":
        return detected or NonAnswer.ABSTAINED
    return detected or otherwise


def _is_torso(reading: Reading) -> bool:
    """Whether an answer that the token limit ended had not committed to anything."""
    text = reading.row.text
    if text is None or reading.attempted:
        return False
    return not text.strip() or not committed(text, question=reading.row.input or None)


def _detect(reading: Reading) -> NonAnswer | None:
    row = reading.row
    kind = non_answer(row.text or "", question=row.input or None, target=reading.target, choices=row.choices)
    if kind == "empty" and reading.answer:  # an answer of signs alone, such as closing brackets
        return None
    return NonAnswer(kind) if kind else None
