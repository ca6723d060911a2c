"""OpenCompass: results/MODEL/DATASET.json with details, and predictions/MODEL/DATASET.json.

Results: {accuracy or score, details}, where details are a list of {example_abbr, pred[], answer[], correct[]}, whose
lists have an item for each run; or, in older versions, an object "0", "1", … of {prompt, origin_prediction,
predictions, references, correct} beside "type". Where a model judged, the entries have its text as `prediction` and
gold, and no verdict: A is right, B wrong, C not attempted, and a text without such a letter failed. Predictions: "0",
"1", … → {origin_prompt, prediction, gold}, without verdicts. Read in open-compass/opencompass: tasks/openicl_eval.py,
openicl/icl_evaluator/icl_base_evaluator.py, datasets/generic.py, datasets/simpleqa.py.

Model and data set are the names of folder and file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from evalkit.dataset.source import Head, Source, as_text
from evalkit.errors import InputError
from evalkit.readers.base import ForeignRow, Reader, Verdict, document_fields, read_each
from evalkit.readers.fields import Fields

CORRECT = ("correct", "is_correct", "cascade_correct")
TEXT = ("origin_prediction", "pred", "prediction", "predictions")
GOLD = ("references", "answer", "ref", "gold", "answers")
FOLDERS = {"results", "predictions"}
_GRADES: dict[str, Verdict] = {"A": "right", "B": "wrong", "C": "idk"}
_GRADE = re.compile(r"\b[ABC]\b")


class OpenCompassReader(Reader):
    """Results with details, or predictions."""

    name = "opencompass"
    about = "OpenCompass: results with details, and predictions (these need --regrade)"

    def sniff(self, head: Head) -> bool:
        """Tell by the details, or by numbered predictions."""
        if head.shape != "object":
            return False
        if "details" in head.first:
            return any(known in one for one in _entries(head.first["details"]) for known in (*CORRECT, "prediction"))
        first = head.first.get("0")
        return isinstance(first, Mapping) and {"origin_prompt", "prediction"} <= first.keys()

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each entry, and each of its runs.

        Raises:
            InputError: the details are empty.
        """
        document = document_fields(source)
        details = document.value("details") if "details" in document else source.document()
        entries = _entries(details)
        if not entries:
            raise InputError(f"{source.path} has no details; run opencompass with --dump-eval-details")
        model, task = _names(source)
        judged = "details" in document
        rows = ((k, Fields(entry, source, k)) for k, entry in enumerate(entries))
        yield from read_each(source, rows, lambda row: _rows(row, model, task, judged=judged))


OPENCOMPASS = OpenCompassReader()


def _entries(details: Any) -> list[Mapping[str, Any]]:
    values = details.values() if isinstance(details, Mapping) else details if isinstance(details, list) else ()
    return [one for one in values if isinstance(one, Mapping)]


def _names(source: Source) -> tuple[str, str]:
    path = source.path
    stem = path.name.split(".json", 1)[0]
    known = len(path.parts) > 2 and path.parent.parent.name in FOLDERS  # noqa: PLR2004 - folder, model, file
    return (path.parent.name, stem) if known else ("", stem)


def _rows(row: Fields, model: str, task: str, *, judged: bool) -> list[ForeignRow]:
    """An entry's runs: newer versions keep a list for every field."""
    runs = max((len(row.array(name)) for name in (*CORRECT, *TEXT) if isinstance(row.value(name), list)), default=0)
    listed = runs if "example_abbr" in row else 0
    return [_row(row, k if listed else None, model, task, judged=judged) for k in range(listed or 1)]


def _row(row: Fields, k: int | None, model: str, task: str, *, judged: bool) -> ForeignRow:
    correct = next((_at(row, name, k) for name in CORRECT if name in row), None)
    text = next((_at(row, name, k) for name in TEXT if name in row), None)
    gold = next((_at(row, name, k) for name in GOLD if name in row), None)
    prompt = _at(row, "origin_prompt", k) if "origin_prompt" in row else _at(row, "prompt", k)
    verdict, mark, reason = _verdict(correct, text, judged=judged)
    return ForeignRow(
        sample_id=row.text("example_abbr", "") or str(row.place),
        epoch=(k or 0) + 1,
        verdict=verdict,
        mark=mark,
        text=None if mark or isinstance(text, Mapping) else as_text(text),
        target=[str(one) for one in gold] if isinstance(gold, list) else [] if gold is None else [str(gold)],
        input=_prompt(prompt),
        model=model,
        task=task,
        reason=reason,
    )


def _verdict(correct: Any, text: Any, *, judged: bool) -> tuple[Verdict | None, str, str]:
    if isinstance(correct, bool):
        return ("right" if correct else "wrong"), "", ""
    if correct is not None:
        return "unscored", "", f"correct is {correct!r}"[:100]
    if not judged:
        return None, "", ""
    found = _GRADE.search(text) if isinstance(text, str) else None
    if found is None:
        return "unscored", "", "the judge's text holds no grade"
    return _GRADES[found[0]], found[0], "the judge's grade"


def _at(row: Fields, name: str, k: int | None) -> Any:
    value = row.value(name)
    if k is None or not isinstance(value, list):
        return value
    return value[k] if k < len(value) else None


def _prompt(prompt: Any) -> str:
    """The last turn of a prompt, which is a text or a list of turns."""
    last = prompt[-1] if isinstance(prompt, list) and prompt else prompt
    return as_text(last.get("prompt") or last.get("content") if isinstance(last, Mapping) else last)
