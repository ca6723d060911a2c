"""A person's verdicts on single answers: `corrections.csv`, which come before any grader's.

A row names a sample and its outcome; task, epoch and threshold where they are needed to tell answers apart:

    id,epoch,outcome,author,date,note
    letters-17,1,correct,Ada,2026-11-20,spells the number
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from evalkit.dataset.table import Row, read_table
from evalkit.errors import InputError
from evalkit.records import Grade, NonAnswer, Outcome, RecordKey

FILE = "corrections.csv"
"""Its copy in a run folder."""
OUTCOMES = (Outcome.CORRECT, Outcome.ERROR, Outcome.IDK)
PERSON = "person"
"""The grader's name in such grades."""


class Corrections:
    """Verdicts of people, by answer.

    Args:
        rows: as read.

    Raises:
        InputError: an outcome or number is none; or two rows speak of one answer.
    """

    def __init__(self, rows: list[Row]) -> None:
        self._rows: dict[tuple[str, str, str, str], tuple[Row, Grade]] = {}
        self._used: set[tuple[str, str, str, str]] = set()
        for row in rows:
            key = (row["id"], _number(row, "epoch"), row.get("task", ""), _number(row, "threshold"))
            if key in self._rows:
                raise InputError(f"{row.where}: {row['id']} is corrected twice; keep one of the rows")
            self._rows[key] = row, _grade(row)

    def find(self, key: RecordKey) -> Grade | None:
        """Find the verdict on an answer; the row that names most comes first."""
        stated = "none" if key.prompt_threshold is None else f"{key.prompt_threshold:g}"
        for epoch in (str(key.epoch), ""):
            for task in (key.task, ""):
                for threshold in (stated, ""):
                    name = (key.sample_id, epoch, task, threshold)
                    if name in self._rows:
                        self._used.add(name)
                        return self._rows[name][1]
        return None

    def check_all_used(self) -> None:
        """Check that every row spoke of an answer.

        Raises:
            InputError: one did not; the text names its line.
        """
        for key, (row, _) in self._rows.items():
            if key not in self._used:
                raise InputError(f"{row.where}: the run holds no such answer to {row['id']!r}")


def read_corrections(path: Path) -> Corrections:
    """Read corrections.

    Raises:
        InputError: the file cannot be read, or a row is invalid; the text names its line.
    """
    return Corrections(read_table(path, ["id", "outcome"]))


def _grade(row: Mapping[str, str]) -> Grade:
    assert isinstance(row, Row)
    outcome = row["outcome"].lower()
    if outcome not in [one.value for one in OUTCOMES]:
        known = ", ".join(one.value for one in OUTCOMES)
        raise InputError(f"{row.where}: no outcome {row['outcome']!r}; available: {known}")
    return Grade(
        outcome=Outcome(outcome),
        non_answer=NonAnswer.ABSTAINED if outcome == Outcome.IDK.value else None,
        grader=PERSON,
        votes={who: outcome} if (who := ", ".join(filter(None, (row.get("author"), row.get("date"))))) else {},
        reason=row.get("note", "") or "judged by a person",
    )


def _number(row: Row, column: str) -> str:
    """A number as keys write it; "" where the row has none."""
    text = row.get(column, "")
    if not text or text == "none":
        return text
    try:
        return f"{float(text):g}"
    except ValueError as error:
        raise InputError(f"{row.where}: {column} is {text!r}, not a number") from error
