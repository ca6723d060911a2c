"""evalkit's own runs: records.jsonl with failures.jsonl beside it, read back to be scored otherwise.

Schema: `evalkit.records.Record` and `Failure`. Outcomes and kinds of non-answer are kept as they are; a record whose
outcome is missing was not judged, unless it was cut off. A failure is read where no record has its key, the newest of
each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from evalkit.dataset.source import Head, Source
from evalkit.readers.base import ForeignRow, Reader, Verdict, read_each
from evalkit.readers.fields import Fields
from evalkit.readers.recorded import read_grade, standing
from evalkit.records import Usage

COLUMNS = frozenset({"schema_version", "completion", "grade", "prompt_threshold"})
FAILURE_COLUMNS = frozenset({"schema_version", "stage", "error", "prompt_threshold"})
FAILURES = "failures.jsonl"
Key = tuple[str, str, str, int, float | None]

_VERDICTS: dict[str, Verdict] = {"correct": "right", "error": "wrong", "idk": "idk", "missing": "unscored"}


class EvalkitReader(Reader):
    """The records of a run."""

    name = "evalkit"
    about = "evalkit: records.jsonl of a run, with its failures"
    stems = ("records", "failures")
    companions = ("failures.jsonl", "run.json")

    def sniff(self, head: Head) -> bool:
        """Tell records by their keys; failures where they are all that a run has."""
        return head.has_rows and (head.keys >= COLUMNS or (head.keys >= FAILURE_COLUMNS and "grade" not in head.keys))

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each record, then each failure whose answer never came."""
        is_failures = not source.head.keys >= COLUMNS
        done: set[Key] = set()
        if not is_failures:
            rows = ((place, Fields(values, source, place)) for place, values in source.rows())
            for row in read_each(source, rows, _record):
                done.add((row.task, row.model, row.sample_id, row.epoch, row.threshold))
                yield row
        yield from _failures(source if is_failures else source.fork(source.path.parent / FAILURES), done)


evalkit = EvalkitReader()


def _failures(source: Source, done: set[Key]) -> Iterator[ForeignRow]:
    """The newest failure of each key that no record has."""
    if not source.path.is_file() or not source.path.stat().st_size:
        return
    rows = ((f"{FAILURES}:{place}", Fields(values, source, place)) for place, values in source.rows())
    newest = {
        (row.task, row.model, row.sample_id, row.epoch, row.threshold): row for row in read_each(source, rows, _failure)
    }
    yield from (row for key, row in newest.items() if key not in done)


def _failure(row: Fields) -> ForeignRow:
    return ForeignRow(
        sample_id=row.text("sample_id"),
        verdict="failed",
        model=row.text("model"),
        task=row.text("task"),
        epoch=row.integer("epoch", 1),
        threshold=row.number("prompt_threshold", None),
        reason=row.text("error", "")[:300],
        metadata={} if row.flag("answerable", True) else {"answerable": False},
    )


def _record(row: Fields) -> ForeignRow:
    """Read one record."""
    grade, completion = row.object("grade"), row.object("completion")
    outcome, kind = grade.text("outcome"), grade.text("non_answer", None)
    verdict = grade.one_of("outcome", _VERDICTS)
    if kind == "partial":
        verdict = "partial"
    return ForeignRow(
        sample_id=row.text("sample_id"),
        verdict=verdict,
        text=completion.text("text"),
        answer=grade.text("answer", None),
        attempted=outcome == "error" and kind is None,
        ended=completion.text("finish_reason", "") == "stop",
        latency=completion.number("latency", None),
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
        truncated=kind == "truncated" or completion.text("finish_reason", "") == "length",
        refused=kind == "refusal",
        reason=grade.text("reason", ""),
        metadata=_metadata(row),
        usage=_usage(completion.object("usage", {})),
        recorded=standing(read_grade(row.value("grade", {}))),
    )


def _usage(given: Fields) -> Usage:
    names = ("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens")
    return Usage(**{name: given.integer(name, None) for name in names})


def _metadata(row: Fields) -> dict[str, Any]:
    """A record's metadata, which it keeps as JSON text."""
    found = row.value("metadata", {})
    try:
        parsed = json.loads(found) if isinstance(found, str) else found
    except (ValueError, RecursionError) as error:
        raise row.error("metadata is not JSON") from error
    if not isinstance(parsed, dict):
        raise row.error(f"metadata is {type(parsed).__name__}, not an object")
    return parsed
