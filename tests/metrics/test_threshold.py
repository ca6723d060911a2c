"""The threshold rule, against reference vectors and its identities."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.metrics import averages, behavioural_calibration, intervals, paired, threshold

COUNTS = st.tuples(*[st.integers(0, 500)] * 3).filter(any)
THRESHOLDS = st.floats(0, 0.99)

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "score": threshold.score,
    "penalty": threshold.penalty,
    "norm_score": threshold.normalized_score,
    "se": lambda c, e, i, t: intervals.standard_error(c, e, i, threshold.penalty(t)),
    "metrics": lambda *counts: {
        "accuracy": threshold.accuracy(*counts),
        "error_rate": threshold.error_rate(*counts),
        "abstention_rate": threshold.abstention_rate(*counts),
        "attempted": threshold.coverage(*counts),
        "correct_given_attempted": threshold.accuracy_given_attempted(*counts),
        "f_score": threshold.simpleqa_f(*counts),
        "aa_index": threshold.omniscience_index(*counts),
        "aa_hallucination_rate": threshold.error_given_not_correct(*counts),
        "error_given_attempted": threshold.error_given_attempted(*counts),
        "breakeven_t": threshold.breakeven(*counts),
    },
    "crossing": lambda *rates: crossing_as_written(paired.crossing(*rates)),
    "integral_score": averages.integral_score,
    "conf_score": averages.confidence_score,
    "paired": lambda table, t: list(paired.difference(table, t)),
    "signflip_exact": paired.sign_flip,
    "behaviour": lambda *given: behaviour_as_written(*given),  # noqa: PLW0108 - defined below
}


def crossing_as_written(found: paired.Crossing) -> Any:
    """In the words of the vectors."""
    words = {"A dominates": "1 dominates", "B dominates": "2 dominates"}
    return found.t if found.kind == "crosses" else words.get(found.kind, found.kind)


def behaviour_as_written(outcomes: list[list[str]], ts: list[float]) -> dict[str, Any]:
    """Under the names of the vectors."""
    codes = np.array([["CEI".index(outcome) for outcome in row] for row in outcomes])
    found = behavioural_calibration.behaviour(codes, ts)
    at = found.targets
    return {
        "S": [a.score for a in at],
        "coverage": [a.coverage for a in at],
        "cga": [a.accuracy_given_attempted for a in at],
        "deficiency": [a.deficiency for a in at],
        "forced_acc_of_refused": [a.refused_accuracy for a in at],
        "cross_scores": found.cross_scores,
        "ic_gap": [a.incentive_gap for a in at],
        "group_regret_lb": [a.regret_at_least for a in at],
        "mono_pair_rate": found.pair_rate,
        "mono_flip_rate": found.flip_rate,
        "items_nonmonotone": found.non_monotone,
        "never_answered": found.never_answered,
        "bands": [[ts.index(b.low), b.n, b.accuracy, b.distance] for b in found.bands],
        "bce": found.bce,
    }


def assert_alike(found: Any, expected: Any, tolerance: float) -> None:
    """Equal, numbers within a tolerance, however deep."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            assert_alike(found[key], value, tolerance)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_alike(one, other, tolerance)
    else:
        assert found == (
            expected if expected is None or isinstance(expected, str) else pytest.approx(expected, abs=tolerance)
        )


def special(value: Any) -> Any:
    """Floats that JSON has no word for."""
    return float(value["__float__"]) if isinstance(value, dict) and "__float__" in value else value


@pytest.mark.parametrize("function", FUNCTIONS)
def test_agrees_with_the_reference_vectors(shared: Path, function: str) -> None:
    """Every vector of the specification comes out, errors included."""
    vectors = json.loads((shared / "theory" / "vectors.json").read_text())["vectors"]
    covered = [vector for vector in vectors if vector["fn"] == function]
    assert covered
    for vector in covered:
        arguments = [special(value) for value in vector["input"]]
        if "error" in vector:
            with pytest.raises({"ValueError": ValueError, "TypeError": TypeError}[vector["error"]]):
                FUNCTIONS[function](*arguments)
        else:
            assert_alike(FUNCTIONS[function](*arguments), special(vector["output"]), vector["tol"])


def test_the_papers_example_has_penalty_three() -> None:
    """T = 0.75 costs 3 points a mistake; the paper's text says 2, which belongs to t = 2/3."""
    assert threshold.penalty(0.75) == 3
    assert threshold.penalty(2 / 3) == pytest.approx(2)


@given(COUNTS)
def test_at_zero_the_score_is_accuracy(counts: tuple[int, int, int]) -> None:
    """S_0 = c/n: the exam, where IDK earns what a mistake earns."""
    assert threshold.score(*counts, 0) == threshold.accuracy(*counts)


@given(st.integers(1, 500), THRESHOLDS)
def test_never_answering_scores_zero_at_every_threshold(n: int, t: float) -> None:
    """IDK earns 0, whatever a mistake costs."""
    assert threshold.score(0, 0, n, t) == 0


@given(COUNTS, THRESHOLDS)
def test_the_score_is_bounded_and_linear_in_accuracy_given_attempted(counts: tuple[int, int, int], t: float) -> None:
    """S_t lies in [−t/(1−t), 1] and equals coverage·(CGA − t)/(1−t)."""
    value = threshold.score(*counts, t)
    assert -threshold.penalty(t) - 1e-9 <= value <= 1
    attempted = threshold.accuracy_given_attempted(*counts)
    if attempted is not None:
        expected = threshold.coverage(*counts) * (attempted - t) / (1 - t)
        assert value == pytest.approx(expected, abs=1e-9)


@given(COUNTS, THRESHOLDS)
def test_the_normalised_form_stays_between_zero_and_one(counts: tuple[int, int, int], t: float) -> None:
    """N_t = (1−t)·S_t + t is in [0, 1]."""
    value = threshold.normalized_score(*counts, t)
    assert -1e-12 <= value <= 1 + 1e-12
    assert value == pytest.approx((1 - t) * threshold.score(*counts, t) + t, abs=1e-9)


@given(COUNTS, st.fractions(0, Fraction(99, 100)))
def test_agrees_with_exact_rationals(counts: tuple[int, int, int], t: Fraction) -> None:
    """Floats lose nothing that matters."""
    correct, error, idk = counts
    exact = (correct - error * t / (1 - t)) / (correct + error + idk)
    assert threshold.score(correct, error, idk, float(t)) == pytest.approx(float(exact), abs=1e-9)


def test_what_is_undefined_is_none() -> None:
    """Accuracy given attempted is None where nothing was attempted, never 0."""
    assert threshold.accuracy_given_attempted(0, 0, 10) is None


def test_numpy_numbers_are_numbers() -> None:
    """Counts and thresholds may come from arrays."""
    counts: Any = np.array([60, 25, 15])
    assert threshold.score(counts[0], counts[1], counts[2], np.float64(0.75)) == pytest.approx(-0.15)


@pytest.mark.parametrize("t", [1, 1.0, math.nan, -0.1, math.inf])
def test_refuses_a_threshold_that_means_nothing(t: float) -> None:
    """T ≥ 1 is refused even where there are no errors."""
    with pytest.raises(ValueError, match="confidence target"):
        threshold.score(5, 0, 0, t)
