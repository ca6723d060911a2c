"""SimpleQA layouts: the CSV of grades, classified attempts, and the judged lines of a Russian suite.

* CSV {problem, target, predicted_answer, grade}: A correct, B incorrect, C not attempted. No ids; a question may
  occur twice, so a row's id is its question's text with its occurrence.
* {question_id, provider_response, classifier{classification}}: abstention is the file's mark; an attempt has no
  verdict here and counts as failed. The classifier's confidence is not the model's.
* {id, instruction, answer, is_correct, pred or judge_pred}: judge_pred names all three outcomes; pred "?" means that
  no answer could be read.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from evalkit.dataset.source import Head, Source, targets_of
from evalkit.readers.base import Row, RowReader, Verdict, has

_GRADES: dict[str, Verdict] = {"A": "right", "B": "wrong", "C": "idk"}
_JUDGED: dict[str, Verdict] = {"correct": "right", "incorrect": "wrong", "not_attempted": "idk"}


class SimpleqaReader:
    """The CSV of letters."""

    about = "SimpleQA: CSV of grades A, B, C"

    def sniff(self, head: Head) -> bool:
        """By its header."""
        return has("problem", "target", "predicted_answer", "grade")(head)

    def read(self, source: Source) -> Iterator[Row]:
        """One row a question."""
        met: Counter[str] = Counter()
        for number, row in source.rows():
            with source.at(number):
                grade = str(row["grade"]).strip()
                if grade and grade not in _GRADES:
                    raise ValueError(f"grade {grade!r} is none of A, B, C")
                name = identify(str(row["problem"]), met)
                verdict = _GRADES.get(grade, "failed")
            yield Row(
                name, verdict, text=str(row["predicted_answer"]), claims=True, target=targets_of(row["target"]),
                input=str(row["problem"]), task="simpleqa", line=number, reason="" if grade else "no grade",
            )  # fmt: skip


READER = SimpleqaReader()


def identify(question: str, met: Counter[str]) -> str:
    """An id made from a question, the same in every file that asks it; a second time it gets a number."""
    name = hashlib.blake2b(question.strip().encode(), digest_size=6).hexdigest()
    met[name] += 1
    return name if met[name] == 1 else f"{name}-{met[name]}"


def _attempt(row: dict[str, Any], number: int) -> Row:
    said = row["classifier"]
    marks: dict[str, Verdict] = {"abstention": "idk", "abstain": "idk", "attempt": "failed"}
    verdict = marks[str(said["classification"]).lower()]
    metadata = row.get("metadata") or {}
    return Row(
        sample_id=str(row["question_id"]),
        verdict=verdict,
        text=str(row["provider_response"]),
        input=str(row.get("question") or ""),
        model=str(metadata.get("real_provider_name") or row.get("provider_name") or ""),
        reason="attempted; right or wrong is not in this file"
        if verdict == "failed"
        else str(said.get("reasoning") or ""),
        line=number,
    )


def _judged(row: dict[str, Any], number: int) -> Row:
    name, judged = str(row["id"]), row.get("judge_pred")
    right: Verdict = "right" if row["is_correct"] is True else "wrong"
    pred = row.get("pred")
    return Row(
        sample_id=name,
        verdict=_JUDGED[str(judged)] if judged is not None else right,
        text=str(row["answer"]),
        answer=None if pred in (None, "?") else str(pred),
        claims=judged is not None or pred not in (None, "?"),
        no_answer=judged is None and (pred == "?" or not str(row["answer"]).strip()),
        input=str(row["instruction"]),
        line=number,
        metadata={"stratum": name.split("/", maxsplit=1)[0]} if "/" in name else {},
    )


def _is_judged(head: Head) -> bool:
    return has("id", "instruction", "answer", "is_correct")(head) and bool({"pred", "judge_pred"} & head.keys)


ATTEMPTS = RowReader(
    "SimpleQA: attempts and abstentions as a classifier saw them",
    has("question_id", "provider_response", "classifier"), _attempt, task="simpleqa",
)  # fmt: skip
JUDGED = RowReader(
    "JSON lines with is_correct and pred or judge_pred (Russian simple-evals)", _is_judged, _judged, task=""
)
