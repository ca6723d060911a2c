"""lighteval: details as Parquet, new columns (doc, metric, model_response) and old ones (flat).

Schema, new: doc {id, task_name, query, choices, gold_index, instruction, specific{extracted_predictions, len_mc1}},
metric {name → number}, model_response {text[], text_post_processed[], reasonings[], logprobs[], output_tokens[][],
unconditioned_logprobs[], input}. Old: full_prompt, predictions, gold, choices, gold_index, metrics, whose lists were
text at first. A task's name is suite|task|shots, since 0.13 task|shots. The text that was judged is the post-processed
one, without reasoning; of several samples it is the most frequent, which maj@n judges. idk_freq 1 is the format's own
mark of abstention, extract_fail 1 or an empty extracted_predictions says that no answer could be read. simpleqa_judge
keeps its judge's letter in judgement_NAME: A right, B wrong, C not attempted. A penalty in the instruction states the
target: n points for a mistake are t = n/(1 + n). Which metric is the verdict: `lighteval_metrics`; log-likelihoods:
`lighteval_options`; folders: `lighteval_results`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import msgspec

from evalkit.dataset.source import Head, Source, as_text
from evalkit.readers.base import ForeignRow, Reader, Verdict, read_each
from evalkit.readers.fields import Fields
from evalkit.readers.lighteval_metrics import Choice, Found, metrics_of, unpacked
from evalkit.readers.lighteval_options import most_likely_option, options_of, positions
from evalkit.readers.lighteval_results import lower_is_better, model_from_path, task_name
from evalkit.readers.scores import is_binary, is_number, share

JUDGE = "simpleqa_judge"
LETTERS: dict[str, Verdict] = {"A": "right", "B": "wrong", "C": "idk"}
"""What that judge's letters mean."""
FAILED = "ERROR: Failed to get response"
"""How a judgement begins that lighteval could not get."""
_PENALTY = re.compile(r"penali[sz]ed (?:with|by)?\s*[-−]?(\d+(?:\.\d+)?)\s*points?", re.IGNORECASE)


class LightevalReader(Reader):
    """Details of a run."""

    name = "lighteval"
    about = "lighteval: details_*.parquet, old and new columns"
    stems = ("details_*",)
    in_parts = True

    def sniff(self, head: Head) -> bool:
        """Tell Parquet by its columns."""
        new, old = {"doc", "metric", "model_response"}, {"predictions", "gold", "metrics"}
        return head.shape == "parquet" and (new <= head.keys or old <= head.keys)

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each document."""
        run = _Run(model_from_path(source.path), cache(partial(task_name, source.path)))
        choice = Choice(source, lower_is_better(source))
        rows = ((place, Fields(values, source, place)) for place, values in source.rows())
        yield from read_each(source, rows, lambda row: _row(row, choice, run))


class _Run(NamedTuple):
    """What the path says of all rows of a file."""

    model: str
    name_task: Callable[[str], str]
    """Task as lighteval writes it → its name."""


lighteval = LightevalReader()


def _row(row: Fields, choice: Choice, run: _Run) -> ForeignRow | None:
    values = {name: row.value(name) for name in row}
    found = choice.find(values)
    if found is None:
        return None
    metrics = metrics_of(values)
    read = _new(row, found, run) if "doc" in row else _old(row, found, run)
    mark, verdict = _judged(found, metrics)
    if found.is_unclear and found.value is not None:
        mark = f"{found.value:g}"
    if metrics.get("idk_freq") == 1 and found.value != 1:
        verdict = "idk"
    binary = is_binary(found.value)
    return msgspec.structs.replace(
        read,
        mark=mark,
        verdict=verdict,
        score=None if found.is_unclear else found.value,
        by=found.name,
        credit=None if binary else share(found.value),
        unreadable=metrics.get("extract_fail") == 1 or (read.unreadable and found.value == 0),
        attempted=read.attempted or ("idk_freq" in metrics and read.answer is not None),
        model=run.model,
        reason=_reason(found, choice),
    )


def _reason(found: Found, choice: Choice) -> str:
    if found.value is None:
        return choice.problem
    return f"no {found.name}" if math.isnan(found.value) else f"metric {found.name}"


def _judged(found: Found, metrics: Mapping[str, Any]) -> tuple[str, Verdict | None]:
    """The letter of a judge with its meaning; without either where the metric is a number alone."""
    judgements = [str(value).strip() for name, value in metrics.items() if name.startswith("judgement") and value]
    if len(judgements) != 1 or "judge" not in found.name:
        return "", None
    if judgements[0].startswith(FAILED):
        return "", "unscored"
    if found.name != JUDGE:
        return "", None
    return (judgements[0], LETTERS[judgements[0]]) if judgements[0] in LETTERS else ("", "unscored")


def _new(row: Fields, found: Found, run: _Run) -> ForeignRow:
    doc, response = row.object("doc"), row.object("model_response")
    specific = unpacked(doc.value("specific"))
    extracted = specific.get("extracted_predictions") if isinstance(specific, Mapping) else None
    stated = _PENALTY.search(doc.text("instruction", ""))
    cost = float(stated.group(1)) if stated else None
    choices = options_of(doc.value("choices"))
    read = ForeignRow(
        sample_id=doc.text("id", "") or str(row.place),
        text=_frequent(response.array("text_post_processed") or response.array("text")),
        answer=str(extracted[0]) if isinstance(extracted, list) and extracted else None,
        target=[one for k in positions(doc.value("gold_index"), len(choices)) for one in choices[k]],
        input=doc.text("query", ""),
        task=run.name_task(doc.text("task_name", "")),
        reasoning=_first_text(response.array("reasonings")) or None,
        threshold=None if cost is None else cost / (1 + cost),
        unreadable=isinstance(extracted, list) and not extracted,
    )
    logprobs = [value for value in response.array("logprobs") if is_number(value)]
    if read.text is not None or not logprobs:
        return read
    return most_likely_option(read, found, choices, logprobs, doc, response)


def _old(row: Fields, found: Found, run: _Run) -> ForeignRow:
    predictions, gold = unpacked(row.value("predictions")), unpacked(row.value("gold"))
    answers = [*predictions] if isinstance(predictions, (list, tuple)) else [predictions]
    choices = options_of(row.value("choices"))
    targets = [str(one) for one in gold] if isinstance(gold, list) else row.texts("gold")
    read = ForeignRow(
        sample_id=row.text("example", "") or row.text("id", "") or str(row.place),
        target=targets or [one for k in positions(row.value("gold_index"), len(choices)) for one in choices[k]],
        input=row.text("full_prompt", "") or row.text("example", ""),
        task=run.name_task(""),
    )
    logprobs = [_logprob(one) for one in answers]
    if logprobs and all(value is not None for value in logprobs):
        known = [value for value in logprobs if value is not None]
        return most_likely_option(read, found, choices, known, row, Fields({}, row.source, row.place))
    return msgspec.structs.replace(read, text=_frequent(answers))


def _logprob(prediction: Any) -> float | None:
    """The log-probability of an option, by itself or with whether it was the greedy one; None for a text."""
    first = prediction[0] if isinstance(prediction, (list, tuple)) and prediction else prediction
    return float(first) if is_number(first) and not isinstance(first, bool) and math.isfinite(first) else None


def _frequent(texts: list[Any]) -> str | None:
    """The most frequent of several texts, the first of equal ones; None where there is none, or no text."""
    kept = [as_text(one) for one in texts if one is not None]
    if not kept:
        return None
    shown = [one.strip() for one in kept]
    return kept[shown.index(max(shown, key=shown.count))]


def _first_text(texts: list[Any]) -> str | None:
    return as_text(texts[0]) if texts else None
