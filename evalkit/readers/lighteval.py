"""lighteval: details as Parquet, new columns (doc, metric, model_response) and old ones (flat).

Schema, new: doc {id, task_name, query, choices, gold_index, instruction, specific{extracted_predictions}}, metric
{name → number}, model_response {text[], reasonings[], logprobs[], input}. Old: full_prompt, predictions, gold, choices,
gold_index, metrics, whose lists were text at first. A task's name is suite|task|shots, since 0.13 task|shots; the model
stands in the path: details/MODEL/TIME/details_TASK_TIME.parquet. The verdict is the first metric of METRICS, else the
first there is, whose values are all 0 or 1 in the file; others are scores. idk_freq 1 is the format's own mark of
abstention, extract_fail 1 says that no answer could be read. A log-likelihood task has no text: the most probable
option is the answer. A penalty in the instruction states the target: n points for a mistake are t = n/(1 + n).
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from evalkit.dataset.source import Head, Source, as_text
from evalkit.readers.base import ForeignRow, Reader, Verdict, read_each
from evalkit.readers.fields import Fields
from evalkit.readers.scores import is_binary, is_number, most_likely, share

METRICS = (
    "trad_score", "em", "acc", "qem", "pem", "extractive_match", "acc_norm", "exact_match", "pass@1",
    "gpqa_pass@k:k=1",
)  # fmt: skip
OWN = {"idk_freq", "extract_fail", "idk_score"}
"""Metrics that speak of abstention, not of being right."""
_PENALTY = re.compile(r"penali[sz]ed (?:with|by)?\s*[-−]?(\d+(?:\.\d+)?)\s*points?", re.IGNORECASE)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d.:-]+")
SUITED = 3
"""Parts of a task's name that begins with its suite."""
LONGEST_LIST = 200_000
"""Characters of a list that is kept as text."""


class LightevalReader(Reader):
    """Details of a run."""

    name = "lighteval"
    about = "lighteval: details_*.parquet, old and new columns"

    def sniff(self, head: Head) -> bool:
        """Tell Parquet by its columns."""
        new, old = {"doc", "metric", "model_response"}, {"predictions", "gold", "metrics"}
        return head.shape == "parquet" and (new <= head.keys or old <= head.keys)

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each document."""
        model, choice = model_from_path(source.path), _Choice(source)
        rows = ((place, Fields(values, source, place)) for place, values in source.rows())
        yield from read_each(source, rows, lambda row: _row(row, choice, model))


lighteval = LightevalReader()


def model_from_path(path: Path) -> str:
    """Read the model from details/MODEL/TIME/FILE; "" where the folders are others."""
    folders = path.parts[:-1]
    if not folders or not _TIME.fullmatch(folders[-1]):
        return ""
    above = folders[:-1]
    if "details" in above:
        return "/".join(above[len(above) - above[::-1].index("details") :])
    return above[-1] if above else ""


class _Choice:
    """Chooses the metric that is the verdict, by all rows of the file."""

    def __init__(self, source: Source) -> None:
        self._preference = source.preference
        self._right: dict[str, int] = {}
        scores: set[str] = set()
        for _, values in source.rows():
            for name, value in _metrics(values).items():
                if name in OWN or not is_number(value):
                    continue
                self._right[name] = self._right.get(name, 0) + (value == 1)
                if not is_binary(value):
                    scores.add(name)
        order = [*(name for name in METRICS if name in self._right), *(n for n in self._right if n not in METRICS)]
        self._order = [name for name in order if name not in scores] + [name for name in order if name in scores]
        self._preference.offer("metric", self._order)
        if (wanted := self._preference.name) and wanted not in self._order:
            source.warn(f"it has no metric {wanted}; {', '.join(self._order[:1]) or 'none'} is read")
        if len(self._order) > 1 and not self._preference.name:
            first, *others = self._order
            told = ", ".join(f"{name}: {'scores' if name in scores else self._right[name]}" for name in others)
            taken = f"{first} ({self._right[first]} right)"
            source.warn(f"the verdicts are those of {taken}, not {told}; --metric NAME takes another")

    def metric(self, row: Mapping[str, Any]) -> str:
        """The metric of one row; "" where it has none."""
        names = [name for name, value in _metrics(row).items() if is_number(value)]
        if (wanted := self._preference.name) in names:
            self._preference.meet_name()
            return wanted
        return next((name for name in self._order if name in names), "")


def _metrics(row: Mapping[str, Any]) -> Mapping[str, Any]:
    found = _unpacked(row.get("metric", row.get("metrics")))
    return found if isinstance(found, Mapping) else {}


def _row(row: Fields, choice: _Choice, model: str) -> ForeignRow:
    values = {name: row.value(name) for name in row}
    metric = choice.metric(values)
    read = _new(row) if "doc" in row else _old(row)
    metrics = _metrics(values)
    score = float(metrics[metric]) if metric else None
    verdict: Verdict | None = None
    if metrics.get("idk_freq") == 1 and score != 1:
        verdict = "idk"
    return msgspec.structs.replace(
        read,
        verdict=verdict,
        score=score,
        by=metric,
        credit=None if is_binary(score) else share(score),
        unreadable=metrics.get("extract_fail") == 1,
        attempted=read.attempted or ("idk_freq" in metrics and read.answer is not None),
        model=model,
        reason=f"metric {metric}" if metric else "none of its metrics is a number",
    )


def _new(row: Fields) -> ForeignRow:
    doc, response = row.object("doc"), row.object("model_response")
    extracted = doc.object("specific", {}).array("extracted_predictions")
    stated = _PENALTY.search(doc.text("instruction", ""))
    cost = float(stated.group(1)) if stated else None
    task = doc.text("task_name", "").split("|")
    choices = doc.texts("choices")
    read = ForeignRow(
        sample_id=doc.text("id", "") or str(row.place),
        text=_first_text(response, "text"),
        answer=str(extracted[0]) if extracted else None,
        target=_gold(doc),
        input=doc.text("query", ""),
        task=task[1] if len(task) >= SUITED else task[0],
        reasoning=_first_text(response, "reasonings") or None,
        threshold=None if cost is None else cost / (1 + cost),
    )
    values = [value for value in response.array("logprobs") if is_number(value)]
    if read.text is None and len(values) == len(choices) > 1:
        return _chosen(read, choices, values)
    return read


def _chosen(read: ForeignRow, choices: list[str], values: list[float]) -> ForeignRow:
    """A log-likelihood task: the most probable option is the answer."""
    best, probability = most_likely(values)
    shown = [choice.strip() for choice in choices]
    return msgspec.structs.replace(
        read,
        text=shown[best],
        answer=shown[best],
        attempted=True,
        choices=shown,
        confidence=probability,
    )


def _gold(doc: Fields) -> list[str]:
    choices, index = doc.array("choices"), doc.value("gold_index")
    positions = index if isinstance(index, list) else [index]
    return [str(choices[k]) for k in positions if isinstance(k, int) and 0 <= k < len(choices)]


def _old(row: Fields) -> ForeignRow:
    predictions = _unpacked(row.value("predictions"))
    gold = _unpacked(row.value("gold"))
    text = as_text(predictions[0]) if isinstance(predictions, list) and predictions else None
    return ForeignRow(
        sample_id=row.text("example", "") or row.text("id", "") or str(row.place),
        text=text if isinstance(predictions, list) else as_text(predictions),
        target=[str(one) for one in gold]
        if isinstance(gold := _unpacked(row.value("gold")), list)
        else row.texts("gold"),
        input=row.text("full_prompt", "") or row.text("example", ""),
    )


def _unpacked(value: Any) -> Any:
    """A list or object that was written as text, as one."""
    if isinstance(value, str) and value[:1] in ("[", "{") and len(value) < LONGEST_LIST:
        with contextlib.suppress(ValueError, SyntaxError, MemoryError, RecursionError):
            return ast.literal_eval(value)
    return value


def _first_text(row: Fields, name: str) -> str | None:
    """The first of several texts; None where there is none, which is not an empty one."""
    found = row.array(name)
    return as_text(found[0]) if found else None
