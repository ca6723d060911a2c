"""lighteval: details as Parquet, new columns (doc, metric, model_response) and old ones (flat).

Schema, new: doc {id, task_name, query, choices, gold_index, instruction, specific{extracted_predictions}}, metric
{name → 0 or 1}, model_response {text[], reasonings[], input}. Old: full_prompt, predictions, gold, choices,
gold_index, metrics. The verdict is the first metric of METRICS that is there, else the only one; idk_freq 1 is the
format's own mark of abstention, extract_fail 1 says that no answer could be read. A penalty in the instruction states
the target: n points for a mistake are t = n/(1 + n).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from evalkit.dataset.source import Head, Source, as_text, targets_of
from evalkit.readers.base import Row

METRICS = (
    "trad_score",
    "em",
    "acc",
    "qem",
    "pem",
    "extractive_match",
    "acc_norm",
    "exact_match",
    "pass@1",
    "gpqa_pass@k:k=1",
)
_PENALTY = re.compile(r"penali[sz]ed (?:with|by)?\s*[-−]?(\d+(?:\.\d+)?)\s*points?", re.IGNORECASE)


class LightevalReader:
    """Details files."""

    about = "lighteval: details_*.parquet, old and new columns"

    def sniff(self, head: Head) -> bool:
        """By the columns."""
        return head.shape == "parquet" and (
            {"doc", "metric", "model_response"} <= head.keys or {"predictions", "gold", "metrics"} <= head.keys
        )

    def read(self, source: Source) -> Iterator[Row]:
        """One row a document."""
        for number, found in source.rows():
            with source.at(number):
                row = _new(source, found, number) if "doc" in found else _old(source, found, number)
            row.line = number
            yield row


READER = LightevalReader()


def _new(source: Source, found: dict[str, Any], number: int) -> Row:
    doc, metric, response = found["doc"], found["metric"], found["model_response"]
    text = as_text((response.get("text") or [""])[0])
    specific = doc.get("specific") or {}
    extracted = specific.get("extracted_predictions") or []
    name = _name(source, metric)
    verdict: Any = "right" if metric.get(name) == 1 else "idk" if metric.get("idk_freq") == 1 else "wrong"
    if not name:
        verdict = None
    stated = _PENALTY.search(as_text(doc.get("instruction")))
    cost = float(stated.group(1)) if stated else None
    return Row(
        sample_id=str(doc.get("id") or number),
        verdict=verdict,
        text=text,
        answer=str(extracted[0]) if extracted else None,
        no_answer=metric.get("extract_fail") == 1,
        claims="idk_freq" in metric and bool(extracted),
        target=_gold(doc),
        input=as_text(doc.get("query")),
        task=str(doc.get("task_name") or "").split("|")[1 if "|" in str(doc.get("task_name")) else 0],
        reasoning=as_text((response.get("reasonings") or [None])[0]) or None,
        threshold=None if cost is None else cost / (1 + cost),
        reason=f"metric {name}",
    )


def _gold(doc: dict[str, Any]) -> list[str]:
    choices, index = doc.get("choices") or [], doc.get("gold_index")
    positions = index if isinstance(index, list) else [index]
    return [str(choices[k]) for k in positions if isinstance(k, int) and 0 <= k < len(choices)]


def _old(source: Source, found: dict[str, Any], number: int) -> Row:
    metric = found["metrics"] if isinstance(found["metrics"], dict) else {}
    name = _name(source, metric)
    predictions = found["predictions"]
    text = as_text(predictions[0] if isinstance(predictions, list) and predictions else predictions)
    return Row(
        sample_id=str(found.get("example") or found.get("id") or number),
        verdict=None if not name else "right" if metric[name] == 1 else "wrong",
        text=text,
        target=targets_of(found["gold"]),
        input=as_text(found.get("full_prompt") or found.get("example")),
        reason=f"metric {name}",
    )


def _name(source: Source, metric: dict[str, Any]) -> str:
    usable = [name for name, value in metric.items() if isinstance(value, (int, float))]
    for name in (source.scorer, *METRICS):
        if name in usable:
            return name
    if len(usable) > 1:
        source.warn(f"several metrics ({', '.join(usable)}); {usable[0]} is taken")
    return usable[0] if usable else ""
