"""Records that evalkit exported as a table: the columns of `evalkit.load`, in Parquet, CSV or a workbook's sheet.

The grade stands as it is. In CSV, lists and objects are JSON text, and a text that a spreadsheet would run has an
apostrophe before it, which stays. A row that is missing without a kind is one that its grader could not decide, or,
without a grader, an answer that never came.
"""

from __future__ import annotations

import json
from typing import Any

from evalkit.readers.base import ForeignRow, reader
from evalkit.readers.fields import Fields
from evalkit.readers.recorded import read_grade, standing, verdict_of
from evalkit.records import Usage

COLUMNS = ("run", "task", "model", "sample_id", "epoch", "prompt_threshold", "outcome", "non_answer", "grader", "text")


@reader(
    "evalkit-table", about="evalkit: records exported as Parquet, CSV or Excel", columns=COLUMNS, stems=("records",)
)
def evalkit_table(row: Fields) -> ForeignRow:
    """Read one record."""
    values: dict[str, Any] = {name: row.text(name, "") or None for name in ("outcome", "non_answer", "reason")}
    values |= {name: row.number(name, None) for name in ("credit", "confidence")}
    values["undecided"] = values["outcome"] == "missing" and not values["non_answer"] and bool(row.text("grader", ""))
    grade = read_grade(values)
    if grade is None:
        raise row.error(f"outcome {values['outcome']!r} with {values['non_answer']!r} is none of evalkit's")
    end, messages = row.text("finish_reason", ""), _parsed(row, "messages", [])
    asked = [one for one in messages if isinstance(one, dict)]
    stands = standing(grade)
    return ForeignRow(
        sample_id=row.text("sample_id"),
        verdict=verdict_of(grade) if stands else "failed",
        recorded=stands,
        text=row.text("text", ""),
        answer=row.text("answer", None) or None,
        target=[str(one) for one in _parsed(row, "target", [])],
        input=str(asked[-1].get("content", "")) if asked else "",
        model=row.text("model"),
        task=row.text("task"),
        epoch=row.integer("epoch", 1),
        threshold=row.number("prompt_threshold", None),
        confidence=grade.confidence,
        credit=grade.credit,
        reasoning=row.text("reasoning", None) or None,
        truncated=end == "length",
        ended=end == "stop",
        latency=row.number("latency", None),
        usage=_usage(row),
        reason=grade.reason,
        metadata=_parsed(row, "metadata", {}),
    )


def _usage(row: Fields) -> Usage:
    names = ("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens")
    return Usage(**{name: row.integer(name, None) for name in names})


def _parsed(row: Fields, name: str, default: Any) -> Any:
    """A list or an object, or the JSON text of one.

    Raises:
        BadRowError: it is something else.
    """
    value = row.value(name, default)
    try:
        found = json.loads(value) if isinstance(value, str) and value else value
    except (ValueError, RecursionError) as error:
        raise row.error(f"{name} is not JSON") from error
    if not isinstance(found, type(default)):
        raise row.error(f"{name} is {type(found).__name__}, not {type(default).__name__}")
    return found
