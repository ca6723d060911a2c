"""Log-likelihood tasks of lighteval: which option the verdict's own metric takes for the answer.

A metric divides an option's log-probability by its characters or tokens, or subtracts the one without the question;
its name says so: acc_norm, acc_norm_token, acc_norm_pmi, or acc:logprob_normalization=LogProbCharNorm(…). Of
TruthfulQA's options the first len_mc1 are those of mc1. What comes out other than the verdict says is not shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from evalkit.readers.base import ForeignRow
from evalkit.readers.fields import Fields
from evalkit.readers.lighteval_metrics import Found, unpacked
from evalkit.readers.scores import is_binary, is_number, most_likely


def options_of(value: Any) -> list[list[str]]:
    """Return a document's choices, each with its ways of saying it."""
    found = unpacked(value)
    if not isinstance(found, (list, tuple)):
        return []
    return [[str(way) for way in one] if isinstance(one, (list, tuple)) else [str(one)] for one in found]


def positions(gold_index: Any, n: int) -> list[int]:
    """Return positions of gold among n choices; others are left out."""
    found = unpacked(gold_index)
    given = found if isinstance(found, (list, tuple)) else [found]
    return [k for k in given if isinstance(k, int) and 0 <= k < n]


def most_likely_option(
    row: ForeignRow,
    found: Found,
    choices: Sequence[Sequence[str]],
    logprobs: list[float],
    doc: Fields,
    response: Fields,
) -> ForeignRow:
    """Complete a row without a text by the option that the metric takes.

    Args:
        row: the document so far.
        found: its verdict.
        choices: its options.
        logprobs: log-probability of each.
        doc: the document.
        response: the model's; its tokens and unconditioned log-probabilities may weigh the options.
    """
    row = msgspec.structs.replace(row, attempted=True)
    n = _count(found.name, doc, len(choices))
    if len(logprobs) != len(choices) or n < 2:  # noqa: PLR2004 - a single continuation is no choice
        return row
    shown = [one[0].strip() if one else "" for one in choices[:n]]
    weighed = _weigh(found.name, logprobs[:n], [one[0] if one else "" for one in choices], response)
    gold = [k for k in positions(doc.value("gold_index"), len(choices)) if k < n]
    best, probability = most_likely(weighed) if weighed else (-1, 0.0)
    contradicts = is_binary(found.value) and (best in gold) != (found.value == 1)
    if best < 0 or contradicts:
        return msgspec.structs.replace(row, choices=shown)
    return msgspec.structs.replace(
        row,
        text=shown[best],
        answer=shown[best],
        choices=shown,
        target=[shown[k] for k in gold],
        confidence=probability,
    )


def _count(metric: str, doc: Fields, n: int) -> int:
    """How many of a document's options the metric looks at."""
    specific = unpacked(doc.value("specific"))
    first = specific.get("len_mc1") if isinstance(specific, dict) and "mc1" in metric else None
    return min(first, n) if isinstance(first, int) and first > 0 else n


def _weigh(metric: str, logprobs: list[float], choices: Sequence[str], response: Fields) -> list[float]:
    """Log-probabilities as the metric compares them; empty where what it needs is not kept."""
    name, _, parameters = metric.partition(":")
    if "LogProbTokenNorm" in parameters or name.endswith("_norm_token"):
        weights = [len(one) if isinstance(one, (list, tuple)) else 0 for one in response.array("output_tokens")]
        return _divided(logprobs, weights)
    if "LogProbPMINorm" in parameters or name.endswith("_norm_pmi"):
        before = [value for value in response.array("unconditioned_logprobs") if is_number(value)]
        return [a - b for a, b in zip(logprobs, before, strict=False)] if len(before) >= len(logprobs) else []
    if "LogProbCharNorm" in parameters or name.endswith("_norm"):
        without_space = "ignore_first_space=True" in parameters
        return _divided(logprobs, [len(one) - (without_space and one[:1] == " ") for one in choices])
    return logprobs


def _divided(values: list[float], weights: Sequence[int]) -> list[float]:
    used = weights[: len(values)]
    if len(used) < len(values) or not all(used) or not all(math.isfinite(value) for value in values):
        return []
    return [value / weight for value, weight in zip(values, used, strict=True)]
