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

from evalkit import scoring, statistics

COUNTS = st.tuples(*[st.integers(0, 500)] * 3).filter(any)
THRESHOLDS = st.floats(0, 0.99)

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "score": scoring.score,
    "penalty": scoring.penalty,
    "norm_score": scoring.normalized_score,
    "se": lambda c, e, i, t: statistics.standard_error(c, e, i, scoring.penalty(t)),
}


def special(value: Any) -> Any:
    """Floats that JSON has no word for."""
    return float(value["__float__"]) if isinstance(value, dict) else value


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
            assert FUNCTIONS[function](*arguments) == pytest.approx(vector["output"], abs=vector["tol"]), vector["id"]


def test_the_papers_example_has_penalty_three() -> None:
    """T = 0.75 costs 3 points a mistake; the paper's text says 2, which belongs to t = 2/3."""
    assert scoring.penalty(0.75) == 3
    assert scoring.penalty(2 / 3) == pytest.approx(2)


@given(COUNTS)
def test_at_zero_the_score_is_accuracy(counts: tuple[int, int, int]) -> None:
    """S_0 = c/n: the exam, where IDK earns what a mistake earns."""
    assert scoring.score(*counts, 0) == scoring.accuracy(*counts)


@given(st.integers(1, 500), THRESHOLDS)
def test_never_answering_scores_zero_at_every_threshold(n: int, t: float) -> None:
    """IDK earns 0, whatever a mistake costs."""
    assert scoring.score(0, 0, n, t) == 0


@given(COUNTS, THRESHOLDS)
def test_the_score_is_bounded_and_linear_in_accuracy_given_attempted(counts: tuple[int, int, int], t: float) -> None:
    """S_t lies in [−t/(1−t), 1] and equals coverage·(CGA − t)/(1−t)."""
    value = scoring.score(*counts, t)
    assert -scoring.penalty(t) - 1e-9 <= value <= 1
    attempted = scoring.accuracy_given_attempted(*counts)
    if attempted is not None:
        expected = scoring.coverage(*counts) * (attempted - t) / (1 - t)
        assert value == pytest.approx(expected, abs=1e-9)


@given(COUNTS, THRESHOLDS)
def test_the_normalised_form_stays_between_zero_and_one(counts: tuple[int, int, int], t: float) -> None:
    """N_t = (1−t)·S_t + t is in [0, 1]."""
    value = scoring.normalized_score(*counts, t)
    assert -1e-12 <= value <= 1 + 1e-12
    assert value == pytest.approx((1 - t) * scoring.score(*counts, t) + t, abs=1e-9)


@given(COUNTS, st.fractions(0, Fraction(99, 100)))
def test_agrees_with_exact_rationals(counts: tuple[int, int, int], t: Fraction) -> None:
    """Floats lose nothing that matters."""
    correct, error, idk = counts
    exact = (correct - error * t / (1 - t)) / (correct + error + idk)
    assert scoring.score(correct, error, idk, float(t)) == pytest.approx(float(exact), abs=1e-9)


def test_what_is_undefined_is_none() -> None:
    """Accuracy given attempted is None where nothing was attempted, never 0."""
    assert scoring.accuracy_given_attempted(0, 0, 10) is None


def test_numpy_numbers_are_numbers() -> None:
    """Counts and thresholds may come from arrays."""
    counts: Any = np.array([60, 25, 15])
    assert scoring.score(counts[0], counts[1], counts[2], np.float64(0.75)) == pytest.approx(-0.15)


@pytest.mark.parametrize("t", [1, 1.0, math.nan, -0.1, math.inf])
def test_refuses_a_threshold_that_means_nothing(t: float) -> None:
    """T ≥ 1 is refused even where there are no errors."""
    with pytest.raises(ValueError, match="confidence target"):
        scoring.score(5, 0, 0, t)
