"""Which metric of lighteval's details is the verdict, and which of a question's rows has it.

The verdict is the first metric of METRICS, else the first there is, whose values are all 0 or 1 in the file; others
are scores, and so are metrics on a scale (F1, ROUGE) whatever their values. A metric's name may end in its parameters
(em:type_exact_match=prefix). A metric whose lower values are better (an edit distance, a perplexity) is never the
verdict, nor is one that is computed over the whole corpus (BLEU, MCC), which keeps texts or positions where a number
should be. A task that asks for a text and for log-likelihoods has two rows for a question, each with the metrics of
its kind of request.
"""

from __future__ import annotations

import ast
import contextlib
import math
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from evalkit.dataset.source import Source
from evalkit.readers.scores import is_binary, is_number

METRICS = (
    "trad_score", "em", "acc", "qem", "pem", "extractive_match", "acc_norm", "exact_match", "pass@1",
    "gpqa_pass@k:k=1",
)  # fmt: skip
OWN = {"idk_freq", "extract_fail", "idk_score"}
"""Metrics that speak of abstention, not of being right."""
LOWER = {
    "edit_distance", "ter", "ppl", "perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte",
    "calibration_error", "confidence_half_width",
}  # fmt: skip
"""lighteval's metrics whose lower values are better, or that say nothing of being right."""
GRADED = {
    "f1", "rouge1", "rouge2", "rougeL", "rougeLsum", "bleu", "bleu_1", "bleu_4", "bleurt", "chrf", "chrf++", "summac",
    "BERTScore-P", "BERTScore-R", "BERTScore-F", "edit_similarity", "longest_common_prefix_length", "mrr",
    "truthfulqa_mc2",
}  # fmt: skip
"""lighteval's metrics that are points on a scale, even where a file has none but 0 and 1."""
GRADED_FAMILIES = ("judge_score_turn_", "f1_", "prob_", "normalized_mc_prob", "summarization_")
LONGEST_LIST = 200_000
"""Characters of a list that is kept as text."""


class Found(NamedTuple):
    """The metric of one row."""

    name: str
    """"" where the row has none."""
    value: float | None
    """NaN where lighteval holds no number."""
    is_unclear: bool = False
    """Whether it is on a scale, of which the file has 0 and 1 alone and no mark to pass is given."""


class Choice:
    """Chooses the metric that is the verdict, by all rows of the file.

    Args:
        source: the file, with the user's preference.
        lower: metrics whose lower values are better, as the results file says.
    """

    def __init__(self, source: Source, lower: Collection[str]) -> None:
        self._source = source
        self._preference = source.preference
        self._lower = lower
        self._right: dict[str, int] = {}
        self._scores: set[str] = set()
        self._passed: dict[str, str] = {}
        self._ids: dict[str, set[str]] = {}
        for _, values in source.rows():
            self._add(values)
        names = [name for name in self._right if name not in self._passed]
        names.sort(key=self._order)
        self._preference.offer("metric", names)
        wanted = self._preference.name
        self.name = wanted if wanted in names else next(iter(names), "")
        has_mark = self._preference.pass_mark is not None
        self._is_unclear = _is_graded(self.name) and self.name not in self._scores and not has_mark
        if self.name and wanted == self.name:
            self._preference.meet_name()
        self._warn(names)

    @property
    def problem(self) -> str:
        """Why no row has a verdict; "" where one is chosen."""
        if self.name:
            return ""
        told = ", ".join(f"{name} {why}" for name, why in self._passed.items())
        return f"none of its metrics judges an answer: {told}" if told else "it has no metrics"

    def find(self, row: Mapping[str, Any]) -> Found | None:
        """Find the verdict of one row.

        Args:
            row: as the file holds it.

        Returns:
            None for a row of another kind of request, whose question has the verdict in another row.
        """
        if not self.name:
            return Found("", None)
        value = metrics_of(row).get(self.name)
        if value is not None and is_number(value):
            return Found(self.name, float(value), self._is_unclear)
        if _id(row) in self._ids[self.name]:
            self._source.warn(f"rows without {self.name} are left out: their questions have it in another row")
            return None
        return Found(self.name, math.nan)

    def _add(self, row: Mapping[str, Any]) -> None:
        for name, value in metrics_of(row).items():
            if name in OWN:
                continue
            if isinstance(value, Mapping):
                self._passed[name] = "is computed over the whole corpus"
            elif is_number(value):
                self._right[name] = self._right.get(name, 0) + (value == 1)
                self._ids.setdefault(name, set()).add(_id(row))
                if not is_binary(value):
                    self._scores.add(name)
                if name in self._lower or name.partition(":")[0] in LOWER:
                    self._passed[name] = "is better the lower it is"

    def _order(self, name: str) -> tuple[bool, int, bool]:
        """Verdicts before scores, known names first; of scores those with other values than 0 and 1."""
        is_score = name in self._scores or _is_graded(name)
        return is_score, _rank(name), is_score and name not in self._scores

    def _warn(self, names: list[str]) -> None:
        """Say what was taken, with the counts of what was not."""
        wanted = self._preference.name
        if wanted and wanted in self._passed:
            self._source.warn(f"its metric {wanted} {self._passed[wanted]}, and judges no answer")
        if wanted and wanted not in names:
            self._source.warn(f"it has no metric {wanted}; {self.name or 'none'} is read")
        if len(names) > 1 and not wanted:
            told = ", ".join(f"{name}: {self._told(name)}" for name in names[1:])
            taken = f"{self.name} ({self._told(self.name, ' right')})"
            self._source.warn(f"the verdicts are those of {taken}, not {told}; --metric NAME takes another")

    def _told(self, name: str, what: str = "") -> str:
        is_score = name in self._scores or _is_graded(name)
        return "scores" if is_score else f"{self._right[name]}{what}"


def metrics_of(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the metrics of one row: name → value; empty where it has none."""
    found = unpacked(row.get("metric", row.get("metrics")))
    return found if isinstance(found, Mapping) else {}


def unpacked(value: Any) -> Any:
    """Return a list or object that was written as text as one; any other value as it is."""
    if isinstance(value, str) and value[:1] in ("[", "{") and len(value) < LONGEST_LIST:
        with contextlib.suppress(ValueError, SyntaxError, MemoryError, RecursionError):
            return ast.literal_eval(value)
    return value


def _rank(name: str) -> int:
    """Where a metric stands in METRICS, by its full name or the one without parameters."""
    known = name if name in METRICS else name.partition(":")[0]
    return METRICS.index(known) if known in METRICS else len(METRICS)


def _is_graded(name: str) -> bool:
    plain = name.partition(":")[0]
    return plain in GRADED or plain == "prob" or plain.startswith(GRADED_FAMILIES)


def _id(row: Mapping[str, Any]) -> str:
    doc = row.get("doc")
    return str(doc.get("id", "")) if isinstance(doc, Mapping) else ""
