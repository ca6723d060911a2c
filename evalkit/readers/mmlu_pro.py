"""MMLU-Pro: the model outputs that its authors publish, a JSON array, often alone in a zip.

Schema: {question_id, question, options[], answer, answer_index, category, pred, model_outputs or generated_text}. No
verdict: right where pred is answer (the letter; answer_index is wrong in places). Where pred is null the official
script draws a letter at random; here no answer could be read.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any

from evalkit.dataset.source import Head, Source
from evalkit.errors import InputError
from evalkit.readers.base import Row

KEYS = frozenset({"question_id", "options", "answer", "pred"})
TEXTS = ("model_outputs", "generated_text", "model_output", "response", "output")


class MmluProReader:
    """Arrays and lines, plain or as the one member of a zip."""

    about = "MMLU-Pro: model outputs with pred (JSON, also zipped)"
    rule = "right where pred is answer"

    def sniff(self, head: Head) -> bool:
        """By its keys; a zip by its single JSON member."""
        if head.shape == "zip":
            return len(head.members) == 1 and head.members[0].endswith((".json", ".jsonl"))
        return head.has_rows and head.keys >= KEYS

    def read(self, source: Source) -> Iterator[Row]:
        """One row a question."""
        for number, found in source.rows() if source.head.shape != "zip" else _member(source):
            with source.at(number):
                row = _row(found)
            row.line = number
            yield row


READER = MmluProReader()


def _member(source: Source) -> Iterator[tuple[int, dict[str, Any]]]:
    archive: zipfile.ZipFile
    with source.archive() as archive:
        document = source.member(archive, archive.namelist()[0])
    if not (isinstance(document, list) and document and isinstance(document[0], dict) and document[0].keys() >= KEYS):
        raise InputError(f"{source.path} holds one JSON file of a layout that is not known; unzip it and use --map")
    yield from enumerate(document, start=1)


def _row(found: dict[str, Any]) -> Row:
    pred, answer = found["pred"], str(found["answer"])
    text = next((str(found[key]) for key in TEXTS if isinstance(found.get(key), str)), None)
    none = pred is None or not str(pred).strip()
    return Row(
        sample_id=str(found["question_id"]),
        verdict="right" if not none and str(pred).strip() == answer else "wrong",
        text=text,
        answer=None if none else str(pred),
        no_answer=none,
        claims=not none,
        target=[answer],
        choices=[str(option) for option in found["options"] or []] or None,
        input=str(found.get("question") or ""),
        task="mmlu-pro",
        metadata={"stratum": str(found["category"])} if found.get("category") else {},
    )
