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

from evalkit.dataset.source import Head, Source, targets_of
from evalkit.readers.base import ForeignRow, Reader, Verdict, document_fields, objects, read_each, reader
from evalkit.readers.fields import Fields

TASK = "gpqa"


@reader(
    "gpqa-baselines",
    about="GPQA: the authors' baselines (CSV)",
    columns=("Question id", "Correct answer", "Model answer", "Correct", "Model response"),
    task=TASK,
)
def gpqa_baselines(row: Fields) -> ForeignRow:
    """Read one question of the authors' baselines."""
    answer = row.text("Model answer")
    unreadable = answer.startswith("Couldn't find")
    return ForeignRow(
        sample_id=row.text("Question id"),
        verdict="right" if row.text("Correct").strip() == "True" else "wrong",
        text=row.text("Model response"),
        answer=None if unreadable else answer,
        unreadable=unreadable,
        attempted=not unreadable,
        target=row.texts("Correct answer"),
        input=row.text("Question", ""),
    )


class ArraysReader(Reader):
    """One object of parallel arrays."""

    name = "gpqa-arrays"
    about = "GPQA: one object of parallel arrays (grading, sampled_texts)"

    def sniff(self, head: Head) -> bool:
        """Tell by its keys."""
        return head.shape == "object" and {"model", "grading", "sampled_texts"} <= head.keys

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each position."""
        run = document_fields(source)
        texts, grades = run.array("sampled_texts"), run.array("grading")
        if len(texts) != len(grades):
            raise run.error(f"sampled_texts has {len(texts)} entries and grading {len(grades)}")
        corrects, prompts, model = run.array("corrects"), run.array("prompts"), run.text("model")
        for k, (text, right) in enumerate(zip(texts, grades, strict=True)):
            yield ForeignRow(
                sample_id=str(k),
                verdict="right" if right else "wrong",
                text=str(text),
                model=model,
                task=TASK,
                target=targets_of(corrects[k]) if k < len(corrects) else (),
                input=str(prompts[k]) if k < len(prompts) else "",
                place=k + 1,
            )


class RotationsReader(Reader):
    """A CSV of four orders of the options."""

    name = "gpqa-rotations"
    about = "GPQA: CSV of four rotations (r1…r4, a1…a4)"
    rule = "gold is A, B, C, D by column, as published"

    def sniff(self, head: Head) -> bool:
        """Tell by its columns, which are these alone."""
        return head.has_rows and head.keys == {f"{kind}{k}" for kind in "ra" for k in range(1, 5)}

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read four epochs of each question."""
        rows = ((place, (index, Fields(values, source, place))) for index, (place, values) in enumerate(source.rows()))
        yield from read_each(source, rows, lambda item: [_rotation(*item, epoch) for epoch in range(1, 5)])


def _rotation(index: int, row: Fields, epoch: int) -> ForeignRow:
    answer, gold = row.text(f"a{epoch}").strip(), "ABCD"[epoch - 1]
    return ForeignRow(
        sample_id=str(index),
        epoch=epoch,
        verdict="right" if answer == gold else "wrong",
        text=row.text(f"r{epoch}"),
        answer=None if answer == "E" else answer,
        unreadable=answer in ("E", ""),
        attempted=answer in "ABCD",
        target=[gold],
        task=TASK,
    )


class ProcessedReader(Reader):
    """A document of processed questions."""

    name = "gpqa-processed"
    about = "GPQA: processed_questions with is_correct"

    def sniff(self, head: Head) -> bool:
        """Tell by its keys."""
        return head.shape == "object" and {"metadata", "processed_questions"} <= head.keys

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each question."""
        document = document_fields(source)
        model = document.object("metadata", {}).text("model", "")
        questions = objects(source, document.array("processed_questions"))
        yield from read_each(source, questions, lambda row: _processed(row, model))


def _processed(row: Fields, model: str) -> ForeignRow:
    answer = row.text("verified_answer" if "verified_answer" in [*row] else "model_answer", "")
    return ForeignRow(
        sample_id=row.text("id"),
        verdict="right" if row.flag("is_correct") else "wrong",
        answer=answer or None,
        attempted=bool(answer),
        unreadable=not answer,
        target=row.texts("correct_answer"),
        model=model,
        task=TASK,
    )


@reader(
    "thresholds-csv",
    about="CSV of answers under several stated targets (threshold, predicted_answer)",
    columns=("id", "threshold", "answer", "predicted_answer"),
    rule="right where predicted_answer is answer",
)
def thresholds_csv(row: Fields) -> ForeignRow:
    """Read one answer under one stated target."""
    answer, gold = row.text("predicted_answer").strip(), row.text("answer").strip()
    verdict: Verdict = "idk" if answer.upper() == "IDK" else "right" if answer == gold else "wrong"
    return ForeignRow(
        sample_id=row.text("id"),
        verdict=verdict,
        text="I don't know" if verdict == "idk" else answer,
        answer=answer,
        attempted=verdict != "idk",
        target=row.texts("answer"),
        input=row.text("question", ""),
        confidence=row.number("confidence", None),
        threshold=row.number("threshold"),
    )


GPQA_ARRAYS = ArraysReader()
GPQA_ROTATIONS = RotationsReader()
GPQA_PROCESSED = ProcessedReader()
