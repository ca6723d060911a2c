"""evalkit's own runs: records.jsonl, read back to be scored otherwise.

Schema: `evalkit.records.Record`. Outcomes and kinds of non-answer are kept as they are; a record whose outcome is
missing has no verdict to keep and counts as failed.
"""

from __future__ import annotations

import json
from typing import Any

from evalkit.readers.base import ForeignRow, Verdict, reader
from evalkit.readers.fields import Fields

_VERDICTS: dict[str, Verdict] = {"correct": "right", "error": "wrong", "idk": "idk", "missing": "failed"}


@reader(
    "evalkit",
    about="evalkit: records.jsonl of a run",
    columns=("schema_version", "completion", "grade", "prompt_threshold"),
    stems=("records",),
)
def evalkit(row: Fields) -> ForeignRow:
    """Read one record."""
    grade, completion = row.object("grade"), row.object("completion")
    outcome, kind = grade.text("outcome"), grade.text("non_answer", None)
    return ForeignRow(
        sample_id=row.text("sample_id"),
        verdict=grade.one_of("outcome", _VERDICTS),
        text=completion.text("text"),
        answer=grade.text("answer", None),
        attempted=outcome == "error" and kind is None,
        unreadable=kind == "unparsed",
        target=row.texts("target"),
        choices=row.texts("choices") or None,
        input=row.objects("messages")[-1].text("content", "") if row.array("messages") else "",
        model=row.text("model"),
        task=row.text("task"),
        epoch=row.integer("epoch", 1),
        threshold=row.number("prompt_threshold", None),
        confidence=grade.number("confidence", None),
        credit=grade.number("credit", None),
        reasoning=completion.text("reasoning", None),
        truncated=completion.text("finish_reason", "") == "length",
        refused=kind == "refusal",
        reason=grade.text("reason", ""),
        metadata=_metadata(row),
    )


def _metadata(row: Fields) -> dict[str, Any]:
    """A record's metadata, which it keeps as JSON text."""
    found = row.value("metadata", {})
    parsed = json.loads(found) if isinstance(found, str) else found
    if not isinstance(parsed, dict):
        raise row.error(f"metadata is {type(parsed).__name__}, not an object")
    return parsed
