"""Humanity's Last Exam: judged predictions, the official map or in an envelope, and a CSV of results.

Schema: question id → {model, response, judge_response{correct: yes|no, model_answer, correct_answer, confidence}},
alone or as `judged_predictions` beside `judging_metadata`. Without a judge_response the question failed; a
model_answer of "None" or nothing is no answer. The judge writes confidence 100 where the response states none, so a
confidence is taken only where the response itself states that number. CSV: {id, answer, extracted_answer, confidence,
result, score}: score 1 is right; a footer of totals is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from evalkit.dataset.source import Head, Source
from evalkit.readers.base import ForeignRow, Reader, document_fields, objects, read_each, reader
from evalkit.readers.fields import Fields

TASK = "hle"
_STATED = re.compile(r"confidence\W{0,12}(\d{1,3})", re.IGNORECASE)
LOOKED_AT = 3
"""Predictions by which a map is recognized."""
PER_CENT = 100


class HleReader(Reader):
    """Judged predictions in one document."""

    name = "hle"
    about = "HLE: judged predictions (official map, or with metadata)"

    def sniff(self, head: Head) -> bool:
        """Tell an envelope, or a map of objects with model and response."""
        if head.shape != "object":
            return False
        if {"judging_metadata", "judged_predictions"} <= head.keys:
            return True
        values = list(head.first.values())[:LOOKED_AT]
        return bool(values) and all(isinstance(v, dict) and {"model", "response"} <= v.keys() for v in values)

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each question."""
        document = document_fields(source)
        enveloped = "judged_predictions" in document
        metadata = document.object("judging_metadata", {}) if enveloped else None
        model = metadata.object("evaluation_metadata", {}).text("model_identifier", "") if metadata else ""
        predictions = document.value("judged_predictions") if enveloped else source.document()
        if not isinstance(predictions, dict):
            raise document.error("judged_predictions is not an object")
        yield from read_each(source, objects(source, predictions), lambda row: _row(row, model))


HLE = HleReader()


def _row(row: Fields, model: str) -> ForeignRow:
    name, text, model = str(row.place), row.text("response", ""), model or row.text("model", "")
    judged = row.object("judge_response", None) if isinstance(row.value("judge_response"), dict) else None
    if judged is None:
        error = row.value("error") or "no judgement"
        reason = str(error)[:300]
        return ForeignRow(sample_id=name, verdict="failed", text=text, model=model, task=TASK, reason=reason)
    answer = judged.text("model_answer", "").strip()
    unreadable = answer.lower() in ("", "none")
    return ForeignRow(
        sample_id=name,
        verdict="right" if judged.text("correct").strip().lower() == "yes" else "wrong",
        text=text,
        answer=None if unreadable else answer,
        unreadable=unreadable,
        attempted=not unreadable,
        target=judged.texts("correct_answer"),
        model=model,
        task=TASK,
        confidence=_stated(text, judged.value("confidence")),
        reason=judged.text("reasoning", "")[:300],
    )


def _stated(text: str, judged: object) -> float | None:
    """The confidence that the judge read, where the response itself states that number."""
    if not isinstance(judged, (int, float)) or not 0 <= judged <= PER_CENT:
        return None
    return float(judged) / PER_CENT if int(judged) in map(int, _STATED.findall(text)) else None


@reader(
    "hle-csv",
    about="HLE: CSV of results (extracted_answer, result, score)",
    columns=("id", "answer", "extracted_answer", "confidence", "result", "score"),
    task=TASK,
)
def hle_csv(row: Fields) -> ForeignRow | None:
    """Read one question of a CSV of results."""
    if not row.text("result").strip() and not row.text("question", "").strip():
        return None  # totals
    answer, stated = row.text("extracted_answer").strip(), row.text("confidence").strip().removesuffix("%")
    remarks = " ".join(row.text(name) for name in row if name.startswith("Unnamed") and row.value(name))
    if not answer and "failed" in remarks.lower():
        return ForeignRow(sample_id=row.text("id"), verdict="failed", reason=remarks[:200])
    share = float(stated) / PER_CENT if stated.replace(".", "", 1).isdigit() else None
    return ForeignRow(
        sample_id=row.text("id"),
        verdict="right" if row.text("score").strip() in ("1", "1.0") else "wrong",
        text=None if answer else "",
        answer=answer or None,
        attempted=bool(answer),
        unreadable=not answer,
        target=row.texts("answer"),
        input=row.text("question", ""),
        confidence=share if share is not None and share <= 1 else None,
    )
