"""The outcome policy: what a foreign verdict and the answer's text make of a row.

In this order: what the file calls right is correct, whatever it sounds like. What the file marks as abstention is
IDK. The rest it calls wrong, and is sorted by its text: nothing there, an abstention or a refusal are IDK; a claim
from which the file's harness could read no answer is `unparsed`, an error; any other claim is an error. Where the
format shows that an option was chosen, or keeps no text, the text is not asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.abstention import non_answer
from evalkit.readers.base import Row
from evalkit.records import Grade, NonAnswer, Outcome


def judge(row: Row, count_as: Mapping[NonAnswer, Outcome]) -> Grade:
    """The policy: what a row's verdict and text make of it; see the module.

    Args:
        row: with a verdict other than "failed".
        count_as: changes to what a kind of non-answer counts as.
    """
    more: dict[str, Any] = {"answer": row.answer, "confidence": row.confidence, "credit": row.credit}
    if row.verdict == "right":
        return Grade.of(True, reason=row.reason or "right, says the file", grader="rescored", **more)
    kind = kind_of(row)
    if kind is None:
        return Grade.of(False, reason=row.reason or "wrong, says the file", grader="rescored", **more)
    outcome = count_as.get(kind, Outcome.ERROR if kind is NonAnswer.UNPARSED else Outcome.IDK)
    return Grade(outcome=outcome, non_answer=kind, grader="rescored", reason=row.reason or _WHY[kind], **more)


_WHY = {
    NonAnswer.EMPTY: "no text",
    NonAnswer.ABSTAINED: "makes no claim",
    NonAnswer.REFUSAL: "declines to answer",
    NonAnswer.UNPARSED: "a claim from which no answer was read",
}


def kind_of(row: Row) -> NonAnswer | None:
    """Which kind of non-answer a row is that its file does not call right; None where it is a claim."""
    if row.text is not None and not row.text.strip():
        return NonAnswer.EMPTY
    if row.refused:
        return NonAnswer.REFUSAL
    if row.claims and row.verdict != "idk":
        return NonAnswer.UNPARSED if row.no_answer else None
    said = _sounds(row) if row.text else None
    if row.verdict == "idk":
        return said or NonAnswer.ABSTAINED
    return said or (NonAnswer.UNPARSED if row.no_answer else None)


def _sounds(row: Row) -> NonAnswer | None:
    found = non_answer(row.text or "", question=row.input or None, target=row.target, choices=row.choices)
    if found == "empty" and row.answer:  # an answer of signs alone, such as closing brackets
        return None
    return NonAnswer(found) if found else None
