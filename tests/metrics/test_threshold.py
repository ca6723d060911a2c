"""The scoring rule: confidence targets, S_t and N_t."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import metrics
from evalkit.metrics import ConfidenceTarget

COUNTS = st.tuples(*[st.integers(0, 500)] * 3).filter(any)
THRESHOLDS = st.floats(0, 0.99)


def test_a_confidence_target_knows_its_penalty_and_prints_itself() -> None:
    """At t = 0.75 a mistake costs 3 points; the paper's text says 2, which belongs to t = 2/3."""
    target = ConfidenceTarget(0.75)
    assert (target.t, target.penalty, float(target)) == (0.75, 3, 0.75)
    assert (str(target), repr(target)) == ("t = 0.75", "ConfidenceTarget(t=0.75)")
    assert ConfidenceTarget(2 / 3).penalty == pytest.approx(2)


def test_a_confidence_target_cannot_change_and_compares_by_its_value() -> None:
    """Targets sort, and serve as keys."""
    targets = [ConfidenceTarget(0.5), ConfidenceTarget(0), ConfidenceTarget(0.5)]
    assert sorted(set(targets)) == [ConfidenceTarget(0.0), ConfidenceTarget(0.5)]
    with pytest.raises(AttributeError):
        targets[0].t = 0.9  # type: ignore[misc]  # it is frozen


@pytest.mark.parametrize(("t", "text"), [(-0.0, "t = 0"), (1 / 3, "t = 0.333333"), (1 - 1e-12, "t = 0.999999999999")])
def test_a_printed_target_is_never_out_of_range(t: float, text: str) -> None:
    """Six digits, unless they would round to 1; −0 is 0."""
    assert str(ConfidenceTarget(t)) == text


@pytest.mark.parametrize("t", [1, 1.0, 1.2, math.nan, -0.1, math.inf, -math.inf, np.float64(1.5), Fraction(3, 2)])
def test_a_target_out_of_range_is_refused(t: Any) -> None:
    """The message names the value and the range, wherever the target was given, and even without an error."""
    for call in (ConfidenceTarget, metrics.check_threshold, metrics.penalty, lambda t: metrics.score(5, 0, 0, t)):
        with pytest.raises(ValueError, match=r"^confidence target \S+ is out of range: must be 0 ≤ t < 1$"):
            call(t)


@pytest.mark.parametrize("t", [True, False, "0.5", None, [0.5], 0.5j])
def test_a_target_that_is_not_a_number_is_refused(t: Any) -> None:
    """A bool or the text of a number is a mistake of the caller."""
    with pytest.raises(TypeError, match="a confidence target must be a number"):
        ConfidenceTarget(t)


@given(COUNTS)
def test_at_zero_the_score_is_accuracy(counts: tuple[int, int, int]) -> None:
    """S_0 = c/n: the usual exam, where IDK earns what a mistake earns."""
    assert metrics.score(*counts, 0) == metrics.accuracy(*counts)


@given(st.integers(1, 500), THRESHOLDS)
def test_never_answering_scores_zero_at_every_target(n: int, t: float) -> None:
    """IDK earns 0, whatever a mistake costs."""
    assert metrics.score(0, 0, n, t) == 0


@given(COUNTS, THRESHOLDS)
def test_the_score_is_bounded_and_linear_in_accuracy_given_attempted(counts: tuple[int, int, int], t: float) -> None:
    """S_t lies in [−t/(1−t), 1] and equals coverage·(accuracy given attempted − t)/(1−t)."""
    value = metrics.score(*counts, t)
    assert -metrics.penalty(t) - 1e-9 <= value <= 1
    attempted = metrics.accuracy_given_attempted(*counts)
    if attempted is not None:
        expected = metrics.coverage(*counts) * (attempted - t) / (1 - t)
        assert value == pytest.approx(expected, abs=1e-9)


@given(COUNTS, THRESHOLDS)
def test_the_normalized_score_stays_between_zero_and_one(counts: tuple[int, int, int], t: float) -> None:
    """N_t = (1−t)·S_t + t, in [0, 1]."""
    value = metrics.normalized_score(*counts, t)
    assert -1e-12 <= value <= 1 + 1e-12
    assert value == pytest.approx((1 - t) * metrics.score(*counts, t) + t, abs=1e-9)


def test_the_normalized_score_allows_a_target_of_one_and_nothing_above() -> None:
    """N_1 = 1 − e/n, although S_1 does not exist."""
    assert metrics.normalized_score(60, 25, 15, 1) == 0.75
    with pytest.raises(ValueError, match=r"confidence target 1\.5 is out of range"):
        metrics.normalized_score(60, 25, 15, 1.5)


@given(COUNTS, st.fractions(0, Fraction(99, 100)))
def test_floats_agree_with_exact_rationals(counts: tuple[int, int, int], t: Fraction) -> None:
    """The rounding error of a score stays below 1e-9."""
    correct, error, idk = counts
    exact = (correct - error * t / (1 - t)) / (correct + error + idk)
    assert metrics.score(correct, error, idk, float(t)) == pytest.approx(float(exact), abs=1e-9)


def test_a_sweep_is_one_score_a_target() -> None:
    """In the order given."""
    assert metrics.sweep(60, 25, 15, [0.75, 0, 0.5]) == [metrics.score(60, 25, 15, t) for t in (0.75, 0, 0.5)]


def test_a_decision_curve_compares_with_answering_all_and_none() -> None:
    """Net benefit of answering everything falls from accuracy; that of answering nothing is 0."""
    curve = metrics.decision_curve((60, 25, 15), forced_correct=66, ts=[0, 0.5, 0.75])
    assert curve.model == pytest.approx([0.6, 0.35, -0.15])
    assert curve.answer_all == pytest.approx([0.66, 0.32, -0.36])
    assert curve.abstain_all == [0, 0, 0]
    with pytest.raises(ValueError, match="error must not be negative"):
        metrics.decision_curve((60, 25, 15), forced_correct=101, ts=[0])


def test_an_undefined_rate_is_none() -> None:
    """Never 0: a model that answered nothing has no accuracy given attempted."""
    assert metrics.accuracy_given_attempted(0, 0, 10) is None
    assert metrics.error_given_attempted(0, 0, 10) is None
    assert metrics.error_given_not_correct(10, 0, 0) is None


def test_numbers_of_numpy_are_accepted() -> None:
    """Counts and targets may come out of arrays."""
    counts: Any = np.array([60, 25, 15])
    assert metrics.score(counts[0], counts[1], counts[2], np.float64(0.75)) == pytest.approx(-0.15)
