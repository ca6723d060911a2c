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
from typing import Any

from evalkit.dataset.source import Head, Source, as_text, targets_of
from evalkit.readers.base import Row, RowReader, Verdict, has

TASK = "hle"
_STATED = re.compile(r"confidence\W{0,12}(\d{1,3})", re.IGNORECASE)


class HleReader:
    """Judged predictions."""

    about = "HLE: judged predictions (official map, or with metadata)"

    def sniff(self, head: Head) -> bool:
        """An envelope, or a map of objects with model and response."""
        if head.shape != "object":
            return False
        if {"judging_metadata", "judged_predictions"} <= head.keys:
            return True
        values = list(head.first.values())[:3]
        return bool(values) and all(isinstance(v, dict) and {"model", "response"} <= v.keys() for v in values)

    def read(self, source: Source) -> Iterator[Row]:
        """One row a question."""
        document = source.document()
        enveloped = "judged_predictions" in document
        metadata = (document.get("judging_metadata") or {}).get("evaluation_metadata") or {} if enveloped else {}
        named = str(metadata.get("model_identifier") or "")
        predictions = document["judged_predictions"] if enveloped else document
        for number, (question, found) in enumerate(predictions.items(), start=1):
            with source.at(question):
                row = _row(str(question), found)
            row.model, row.line = named or row.model, number
            yield row


READER = HleReader()


def _row(question: str, found: dict[str, Any]) -> Row:
    text, judged = as_text(found.get("response")), found.get("judge_response")
    model = str(found.get("model") or "")
    if not isinstance(judged, dict):
        error = as_text(found.get("error")) or "no judgement"
        return Row(question, "failed", text=text, model=model, task=TASK, reason=error[:300])
    answer = str(judged.get("model_answer") or "").strip()
    none = answer.lower() in ("", "none")
    return Row(
        sample_id=question,
        verdict="right" if str(judged["correct"]).strip().lower() == "yes" else "wrong",
        text=text,
        answer=None if none else answer,
        no_answer=none,
        claims=not none,
        target=targets_of(judged.get("correct_answer")),
        model=model,
        task=TASK,
        confidence=_confidence(text, judged.get("confidence")),
        reason=str(judged.get("reasoning") or "")[:300],
    )


def _confidence(text: str, judged: Any) -> float | None:
    stated = [int(found) for found in _STATED.findall(text)]
    if isinstance(judged, (int, float)) and 0 <= judged <= 100 and int(judged) in stated:  # noqa: PLR2004 - per cent
        return float(judged) / 100
    return None


def _result(row: dict[str, Any], number: int) -> Row | None:
    if not str(row["result"]).strip() and not str(row.get("question") or "").strip():
        return None  # totals
    answer, said = str(row["extracted_answer"]).strip(), str(row["confidence"]).strip().removesuffix("%")
    remarks = " ".join(str(value) for key, value in row.items() if key.startswith("Unnamed") and value)
    if not answer and "failed" in remarks.lower():
        return Row(str(row["id"]), "failed", reason=remarks[:200], line=number)
    verdict: Verdict = "right" if str(row["score"]).strip() in ("1", "1.0") else "wrong"
    return Row(
        sample_id=str(row["id"]),
        verdict=verdict,
        text=None if answer else "",
        answer=answer or None,
        claims=bool(answer),
        no_answer=not answer,
        target=targets_of(row.get("answer")),
        input=str(row.get("question") or ""),
        confidence=float(said) / 100 if said.replace(".", "", 1).isdigit() and float(said) <= 100 else None,  # noqa: PLR2004
        line=number,
    )


RESULTS = RowReader(
    "HLE: CSV of results (extracted_answer, result, score)",
    has("id", "answer", "extracted_answer", "confidence", "result", "score"), _result, task=TASK,
)  # fmt: skip
