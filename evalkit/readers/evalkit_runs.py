"""evalkit's own runs: records.jsonl, read back to be scored otherwise.

Schema: `evalkit.records.Record`. Outcomes and kinds of non-answer are kept as they are.
"""

from __future__ import annotations

import json
from typing import Any

from evalkit.dataset.source import as_text
from evalkit.readers.base import Row, RowReader, Verdict, has


def _row(row: dict[str, Any], number: int) -> Row:
    grade, completion = row["grade"], row["completion"]
    marks: dict[str, Verdict] = {"correct": "right", "error": "wrong", "idk": "idk"}
    metadata = row.get("metadata")
    return Row(
        sample_id=str(row["sample_id"]),
        verdict=marks[grade["outcome"]],
        text=as_text(completion["text"]),
        answer=grade.get("answer"),
        claims=grade["outcome"] == "error" and grade.get("non_answer") is None,
        no_answer=grade.get("non_answer") == "unparsed",
        target=row.get("target") or [],
        choices=row.get("choices"),
        input=as_text((row.get("messages") or [{}])[-1].get("content")),
        model=str(row["model"]),
        task=str(row["task"]),
        epoch=int(row.get("epoch") or 1),
        threshold=row.get("prompt_threshold"),
        confidence=grade.get("confidence"),
        credit=grade.get("credit"),
        reasoning=completion.get("reasoning"),
        truncated=completion.get("finish_reason") == "length",
        refused=grade.get("non_answer") == "refusal",
        reason=str(grade.get("reason") or ""),
        metadata=json.loads(metadata) if isinstance(metadata, str) else metadata or {},
        line=number,
    )


READER = RowReader(
    "evalkit: records.jsonl of a run", has("schema_version", "completion", "grade", "prompt_threshold"), _row
)
