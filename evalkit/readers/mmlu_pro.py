"""MMLU-Pro: the model outputs that its authors publish, a JSON array, often alone in a zip.

Schema: {question_id, question, options[], answer, answer_index, category, pred, model_outputs or generated_text}. No
verdict: right where pred is answer (the letter; answer_index is wrong in places). Where pred is null the official
script draws a letter at random; here no answer could be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.dataset.source import Head, Source
from evalkit.errors import InputError
from evalkit.readers.base import ForeignRow, Reader, objects, read_each
from evalkit.readers.fields import Fields

KEYS = frozenset({"question_id", "options", "answer", "pred"})
TEXTS = ("model_outputs", "generated_text", "model_output", "response", "output")


class MmluProReader(Reader):
    """Arrays and lines, plain or as the one member of a zip."""

    name = "mmlu-pro"
    about = "MMLU-Pro: model outputs with pred (JSON, also zipped)"
    rule = "right where pred is answer"

    def sniff(self, head: Head) -> bool:
        """Tell by its keys; a zip by its single JSON member."""
        if head.shape == "zip":
            return len(head.members) == 1 and head.members[0].endswith((".json", ".jsonl"))
        return head.has_rows and head.keys >= KEYS

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each question."""
        if source.head.shape == "zip":
            rows = objects(source, _member(source))
        else:
            rows = ((place, Fields(values, source, place)) for place, values in source.rows())
        yield from read_each(source, rows, _row)


MMLU_PRO = MmluProReader()


def _member(source: Source) -> list[Any]:
    with source.archive() as archive:
        document = source.member(archive, archive.namelist()[0])
    if not (isinstance(document, list) and document and isinstance(document[0], dict) and document[0].keys() >= KEYS):
        raise InputError(f"{source.path} holds one JSON file in an unknown format; unzip it and use --map")
    return document


def _row(row: Fields) -> ForeignRow:
    pred, answer = row.text("pred", "").strip(), row.text("answer")
    return ForeignRow(
        sample_id=row.text("question_id"),
        verdict="right" if pred and pred == answer else "wrong",
        text=next((row.text(name) for name in TEXTS if isinstance(row.value(name), str)), None),
        answer=row.text("pred") if pred else None,
        unreadable=not pred,
        attempted=bool(pred),
        target=[f"({answer})"],  # a bare letter may also be the text of another option
        choices=row.texts("options") or None,
        input=row.text("question", ""),
        task="mmlu-pro",
        metadata={"stratum": row.text("category")} if row.text("category", "") else {},
    )
