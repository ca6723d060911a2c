"""Grades that evalkit itself wrote into a file, of its own or of another format: they stand as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from evalkit.readers.base import Verdict
from evalkit.records import Grade, NonAnswer, Outcome

MORE = ("undecided", "credit", "confidence", "measures", "votes")
"""Fields of a grade that are written where they hold something."""
VERDICTS: dict[Outcome, Verdict] = {
    Outcome.CORRECT: "right", Outcome.ERROR: "wrong", Outcome.IDK: "idk", Outcome.MISSING: "unscored",
}  # fmt: skip


def write_grade(grade: Grade) -> dict[str, Any]:
    """Write a grade as plain data, without its answer and grader, which formats have places for."""
    more = {name: getattr(grade, name) for name in MORE}
    return {
        "outcome": grade.outcome.value,
        "non_answer": grade.non_answer.value if grade.non_answer else None,
        "reason": grade.reason,
        **{name: value for name, value in more.items() if value not in (None, False, {})},
    }


def read_grade(values: Mapping[str, Any]) -> Grade | None:
    """Read a grade that `write_grade` wrote; None for anything else."""
    names = ("outcome", "non_answer", "reason", *MORE)
    try:
        return Grade.model_validate({name: values[name] for name in names if values.get(name) is not None})
    except ValidationError:
        return None


def standing(grade: Grade | None) -> Grade | None:
    """The grade that stands; None of an answer that nobody has given a verdict."""
    if grade is None or (grade.outcome is Outcome.MISSING and not (grade.undecided or grade.non_answer)):
        return None
    return grade


def verdict_of(grade: Grade) -> Verdict:
    """What a grade says in a reader's words."""
    return "partial" if grade.non_answer is NonAnswer.PARTIAL else VERDICTS[grade.outcome]
