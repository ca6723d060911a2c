"""A list of answers as a file: CSV for spreadsheets, JSON lines as the run holds them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from evalkit.display import visible
from evalkit.records import Failure, Record, to_line
from evalkit.report.table import unexecuted
from evalkit.web.index import Index
from evalkit.web.pages import outcome_of, question_of, right_answer

MEDIA = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
COLUMNS = (
    "sample_id", "task", "model", "epoch", "prompt_threshold", "question", "outcome", "non_answer", "answer", "target",
    "text", "reason", "confidence", "credit", "prompt_tokens", "completion_tokens", "reasoning_tokens", "latency",
    "attempts", "source",
)  # fmt: skip


def as_csv(index: Index, positions: Sequence[int]) -> Iterator[str]:
    """Write a row an answer; text that a spreadsheet would run gets an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for position in positions:
        values = _row(index.answer(position), index)
        writer.writerow([unexecuted(visible(one)) if isinstance(one, str) else one for one in values])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def as_lines(index: Index, positions: Sequence[int]) -> Iterator[bytes]:
    """Write a line an answer, records and failures as the run's files hold them."""
    for position in positions:
        yield index.line(position) if position < index.records else to_line(index.answer(position))


def _row(answer: Record | Failure, index: Index) -> tuple[object, ...]:
    about = (answer.sample_id, answer.task, answer.model, answer.epoch, answer.prompt_threshold)
    if isinstance(answer, Failure):
        text = answer.completion.text if answer.completion else ""
        return (*about, "", "missing", "failed", "", "", text, answer.error, *[None] * 7, "")
    grade, completion = answer.grade, answer.completion
    usage = completion.usage
    return (
        *about, question_of(answer, index), outcome_of(answer), grade.non_answer and grade.non_answer.value,
        grade.answer, right_answer(answer), completion.text, grade.reason, grade.confidence, grade.credit,
        usage.prompt_tokens, usage.completion_tokens, usage.reasoning_tokens, completion.latency, completion.attempts,
        answer.source,
    )  # fmt: skip
