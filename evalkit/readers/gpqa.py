"""GPQA layouts: the authors' baselines, parallel arrays, rotations, processed questions, answers under several targets.

* CSV {Question id, Correct answer, Model answer, Correct, Model response}: "Couldn't find an answer choice!" is no
  answer.
* {model, grading[], sampled_texts[], prompts[], corrects[]}: parallel lists.
* CSV {r1…r4, a1…a4}: four orders of the options, gold A, B, C, D by column, E where no answer could be read. The gold
  is the layout's published rule.
* {metadata{model}, processed_questions[{id, model_answer or verified_answer, correct_answer, is_correct}]}.
* CSV {id, threshold, answer, predicted_answer, confidence}: one row for each stated target; IDK is the format's mark.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.dataset.source import Head, Source, targets_of
from evalkit.readers.base import Row, RowReader, Verdict, has

TASK = "gpqa"


def _baseline(row: dict[str, Any], number: int) -> Row:
    answer = str(row["Model answer"])
    none = answer.startswith("Couldn't find")
    return Row(
        sample_id=str(row["Question id"]),
        verdict="right" if str(row["Correct"]).strip() == "True" else "wrong",
        text=str(row["Model response"]),
        answer=None if none else answer,
        no_answer=none,
        claims=not none,
        target=targets_of(row["Correct answer"]),
        input=str(row.get("Question") or ""),
        line=number,
    )


class ArraysReader:
    """Parallel arrays."""

    about = "GPQA: one object of parallel arrays (grading, sampled_texts)"

    def sniff(self, head: Head) -> bool:
        """By its keys."""
        return head.shape == "object" and {"model", "grading", "sampled_texts"} <= head.keys

    def read(self, source: Source) -> Iterator[Row]:
        """One row a position."""
        found = source.document()
        with source.at("grading"):
            texts, grades = found["sampled_texts"], found["grading"]
            if len(texts) != len(grades):
                raise ValueError(f"{len(texts)} texts and {len(grades)} grades")
        corrects, prompts = found.get("corrects") or [], found.get("prompts") or []
        for k, (text, grade) in enumerate(zip(texts, grades, strict=True)):
            yield Row(
                str(k), "right" if grade else "wrong", text=str(text), model=str(found["model"]), task=TASK, line=k + 1,
                target=targets_of(corrects[k]) if k < len(corrects) else (),
                input=str(prompts[k]) if k < len(prompts) else "",
            )  # fmt: skip


class RotationsReader:
    """Four orders of the options."""

    about = "GPQA: CSV of four rotations (r1…r4, a1…a4)"
    rule = "gold is A, B, C, D by column, as published"

    def sniff(self, head: Head) -> bool:
        """Exactly these columns."""
        return head.has_rows and head.keys == {f"{kind}{k}" for kind in "ra" for k in range(1, 5)}

    def read(self, source: Source) -> Iterator[Row]:
        """Four rows a question, an epoch each."""
        for index, (number, found) in enumerate(source.rows()):
            for k, gold in enumerate("ABCD", start=1):
                answer = str(found[f"a{k}"]).strip()
                yield Row(
                    str(index), "right" if answer == gold else "wrong", text=str(found[f"r{k}"]), epoch=k,
                    answer=None if answer == "E" else answer, no_answer=answer in ("E", ""), claims=answer in "ABCD",
                    target=[gold], task=TASK, line=number,
                )  # fmt: skip


class ProcessedReader:
    """Processed questions."""

    about = "GPQA: processed_questions with is_correct"

    def sniff(self, head: Head) -> bool:
        """By its keys."""
        return head.shape == "object" and {"metadata", "processed_questions"} <= head.keys

    def read(self, source: Source) -> Iterator[Row]:
        """One row a question."""
        found = source.document()
        model = str((found.get("metadata") or {}).get("model") or "")
        for number, row in enumerate(found["processed_questions"], start=1):
            with source.at(number):
                answer = row.get("verified_answer", row.get("model_answer"))
                yield Row(
                    sample_id=str(row["id"]),
                    verdict="right" if row["is_correct"] else "wrong",
                    answer=None if not answer else str(answer),
                    claims=bool(answer),
                    no_answer=not answer,
                    target=targets_of(row.get("correct_answer")),
                    model=model,
                    task=TASK,
                    line=number,
                )


def _at_threshold(row: dict[str, Any], number: int) -> Row:
    answer = str(row["predicted_answer"]).strip()
    said = str(row.get("confidence") or "").strip()
    verdict: Verdict = (
        "idk" if answer.upper() == "IDK" else "right" if answer == str(row["answer"]).strip() else "wrong"
    )
    return Row(
        sample_id=str(row["id"]),
        verdict=verdict,
        text="I don't know" if verdict == "idk" else answer,
        answer=answer,
        claims=verdict != "idk",
        target=targets_of(row["answer"]),
        input=str(row.get("question") or ""),
        confidence=float(said) if said else None,
        threshold=float(row["threshold"]),
        line=number,
    )


def _is_at_threshold(head: Head) -> bool:
    return has("id", "threshold", "answer", "predicted_answer")(head)


BASELINES = RowReader(
    "GPQA: the authors' baselines (CSV)",
    has("Question id", "Correct answer", "Model answer", "Correct", "Model response"), _baseline, task=TASK,
)  # fmt: skip
ARRAYS = ArraysReader()
ROTATIONS = RotationsReader()
PROCESSED = ProcessedReader()
AT_THRESHOLD = RowReader(
    "CSV of answers under several stated targets (threshold, predicted_answer)", _is_at_threshold, _at_threshold,
    task="", rule="right where predicted_answer is answer",
)  # fmt: skip
