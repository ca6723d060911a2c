"""Every function of the scoring rule gives the value that was worked out for it elsewhere.

`vectors.json` holds, for each function, arguments with the value they give or the error they raise. The values come
from another implementation, so that a mistake of this one cannot hide in them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit import metrics
from evalkit.theory import bounds, facts

VECTORS: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))
TOLERANCE = 1e-9
ERRORS: dict[str, type[Exception]] = {"ValueError": ValueError, "TypeError": TypeError}
RATES: tuple[Callable[[int, int, int], float | None], ...] = (
    metrics.accuracy,
    metrics.error_rate,
    metrics.abstention_rate,
    metrics.coverage,
    metrics.accuracy_given_attempted,
    metrics.simpleqa_f,
    metrics.omniscience_index,
    metrics.error_given_not_correct,
    metrics.error_given_attempted,
    metrics.breakeven,
)


def rates(*counts: int) -> dict[str, float | None]:
    """All rates of some counts."""
    return {rate.__name__: rate(*counts) for rate in RATES}


def standard_error_at(correct: int, error: int, idk: int, t: float) -> float:
    """The standard error of a score, at a target instead of a penalty."""
    return metrics.standard_error(correct, error, idk, metrics.penalty(t))


def crossing(*shares: float) -> float | str:
    """The target of a crossing, or why there is none."""
    result = metrics.crossing(*shares)
    return result.kind if result.t is None else result.t


def behaviour(outcomes: list[list[int]], ts: list[float]) -> dict[str, Any]:
    """Behavioural calibration, with the numbers of all targets as lists and each band named by its target."""
    result = metrics.behaviour(np.array(outcomes), ts)
    lists = {name: [getattr(at, name) for at in result.targets] for name in metrics.AtTarget._fields}
    bands = [[ts.index(band.low), band.n, band.accuracy, band.distance] for band in result.bands]
    return {**lists, **result._asdict(), "bands": bands}


def measurement_score(items: list[str], outcomes: list[str], t: float) -> float:
    """The score of answers of which some are epochs of one item."""
    score = metrics.Measurement.of_arrays(items, outcomes).score(t)
    assert score is not None
    return score.value


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "score": metrics.score,
    "penalty": metrics.penalty,
    "normalized_score": metrics.normalized_score,
    "rates": rates,
    "standard_error_at": standard_error_at,
    "crossing": crossing,
    "integral_score": metrics.integral_score,
    "confidence_score": metrics.confidence_score,
    "grid_average": lambda c, e, i, weights: metrics.grid_average(c, e, i, dict(weights)),
    "difference": metrics.difference,
    "sign_flip": metrics.sign_flip,
    "behaviour": behaviour,
    "item_mean": lambda scores: metrics.item_mean(np.array(scores).mean(axis=1)),
    "variance_parts": metrics.variance_parts,
    "cluster_mean": lambda scores, clusters: metrics.cluster_mean(np.array(scores, float), clusters)[:2],
    "measurement_score": measurement_score,
    "singleton_rate": facts.singleton_rate,
    "facts_lower": bounds.facts_lower,
    "facts_upper": bounds.facts_upper,
}


def argument(value: Any) -> Any:
    """NaN and infinity, which JSON cannot hold, are written as words."""
    return float(value) if value in ("nan", "inf") else value


def assert_alike(actual: Any, expected: Any, tolerance: float) -> None:
    """Every number is within the tolerance, however deep it lies."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            assert_alike(actual[key], value, tolerance)
    elif isinstance(expected, list):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            assert_alike(one, other, tolerance)
    elif isinstance(expected, (int, float)):
        assert math.isclose(actual, expected, rel_tol=0, abs_tol=tolerance), (actual, expected)
    else:
        assert actual == expected


def test_every_function_has_vectors_and_every_vector_a_function() -> None:
    """No vector is skipped because nobody runs it."""
    assert set(VECTORS) == set(FUNCTIONS)
    assert sum(map(len, VECTORS.values())) > 80


@pytest.mark.parametrize(
    ("function", "vector"),
    [(name, vector) for name, vectors in VECTORS.items() for vector in vectors],
    ids=lambda value: value if isinstance(value, str) else json.dumps(value["arguments"])[:60],
)
def test_the_value_is_the_one_worked_out_elsewhere(function: str, vector: dict[str, Any]) -> None:
    """Values agree within 1e-9 unless the vector says otherwise; invalid arguments raise the error it names."""
    arguments = [argument(value) for value in vector["arguments"]]
    if "raises" in vector:
        with pytest.raises(ERRORS[vector["raises"]]):
            FUNCTIONS[function](*arguments)
    else:
        tolerance = vector.get("tolerance", TOLERANCE)
        assert_alike(FUNCTIONS[function](*arguments), vector["result"], tolerance)
