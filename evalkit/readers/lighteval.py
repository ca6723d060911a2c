"""lighteval: details as Parquet, new columns (doc, metric, model_response) and old ones (flat).

Schema, new: doc {id, task_name, query, choices, gold_index, instruction, specific{extracted_predictions}}, metric
{name → 0 or 1}, model_response {text[], reasonings[], input}. Old: full_prompt, predictions, gold, choices,
gold_index, metrics. The verdict is the first metric of METRICS that is there, else the only one; idk_freq 1 is the
format's own mark of abstention, extract_fail 1 says that no answer could be read. A penalty in the instruction states
the target: n points for a mistake are t = n/(1 + n).
"""

from __future__ import annotations

import re

from evalkit.dataset.source import Head, as_text
from evalkit.readers.base import ForeignRow, Verdict, reader
from evalkit.readers.fields import Fields

METRICS = (
    "trad_score", "em", "acc", "qem", "pem", "extractive_match", "acc_norm", "exact_match", "pass@1",
    "gpqa_pass@k:k=1",
)  # fmt: skip
_PENALTY = re.compile(r"penali[sz]ed (?:with|by)?\s*[-−]?(\d+(?:\.\d+)?)\s*points?", re.IGNORECASE)


def _is_details(head: Head) -> bool:
    new, old = {"doc", "metric", "model_response"}, {"predictions", "gold", "metrics"}
    return head.shape == "parquet" and (new <= head.keys or old <= head.keys)


@reader("lighteval", about="lighteval: details_*.parquet, old and new columns", sniff=_is_details)
def lighteval(row: Fields) -> ForeignRow:
    """Read one document."""
    return _new(row) if "doc" in row else _old(row)


def _new(row: Fields) -> ForeignRow:
    doc, metric, response = row.object("doc"), row.object("metric"), row.object("model_response")
    specific = doc.object("specific", {})
    extracted = specific.array("extracted_predictions")
    name, task = _metric(metric), doc.text("task_name", "")
    stated = _PENALTY.search(doc.text("instruction", ""))
    cost = float(stated.group(1)) if stated else None
    return ForeignRow(
        sample_id=doc.text("id", "") or str(row.place),
        verdict=_verdict(metric, name),
        text=_first_text(response, "text"),
        answer=str(extracted[0]) if extracted else None,
        unreadable=metric.value("extract_fail") == 1,
        attempted="idk_freq" in [*metric] and bool(extracted),
        target=_gold(doc),
        input=doc.text("query", ""),
        task=task.split("|")[1] if "|" in task else task,
        reasoning=_first_text(response, "reasonings") or None,
        threshold=None if cost is None else cost / (1 + cost),
        reason=f"metric {name}",
    )


def _verdict(metric: Fields, name: str) -> Verdict | None:
    if not name:
        return None
    if metric.value(name) == 1:
        return "right"
    return "idk" if metric.value("idk_freq") == 1 else "wrong"


def _gold(doc: Fields) -> list[str]:
    choices, index = doc.array("choices"), doc.value("gold_index")
    positions = index if isinstance(index, list) else [index]
    return [str(choices[k]) for k in positions if isinstance(k, int) and 0 <= k < len(choices)]


def _old(row: Fields) -> ForeignRow:
    metric = row.object("metrics", {}) if isinstance(row.value("metrics"), dict) else Fields({}, row.source, row.place)
    name = _metric(metric)
    many = isinstance(row.value("predictions"), list)
    return ForeignRow(
        sample_id=row.text("example", "") or row.text("id", "") or str(row.place),
        verdict=None if not name else "right" if metric.value(name) == 1 else "wrong",
        text=_first_text(row, "predictions") if many else row.text("predictions", ""),
        target=row.texts("gold"),
        input=row.text("full_prompt", "") or row.text("example", ""),
        reason=f"metric {name}",
    )


def _metric(metric: Fields) -> str:
    """The metric that decides: the one asked for, else the first known one, else the first there is."""
    usable = [name for name in metric if isinstance(metric.value(name), (int, float))]
    source = metric.source
    for name in (source.preference.name, *METRICS):
        if name in usable:
            return name
    if len(usable) > 1:
        source.warn(f"several metrics ({', '.join(usable)}); {usable[0]} is taken")
    return usable[0] if usable else ""


def _first_text(row: Fields, name: str) -> str:
    found = row.array(name)
    return as_text(found[0]) if found else ""
