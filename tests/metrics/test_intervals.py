"""Standard errors and intervals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evalkit.metrics import intervals

COUNTS = st.tuples(*[st.integers(0, 300)] * 3).filter(any)


@pytest.mark.parametrize(("t", "se"), [(0, 0.0489898), (0.5, 0.0852936), (0.75, 0.1681517), (0.9, 0.4257640)])
def test_standard_error_of_the_worked_example(t: float, se: float) -> None:
    """60 correct, 25 errors, 15 IDK."""
    assert intervals.standard_error(60, 25, 15, t / (1 - t)) == pytest.approx(se, abs=1e-7)


def test_standard_error_is_the_exact_bootstrap_over_items() -> None:
    """It equals the standard deviation of the resampled mean, enumerated here for four items."""
    scores = [1.0, -3.0, 0.0, 1.0]
    means = [np.mean(draw) for draw in itertools.product(scores, repeat=4)]
    assert intervals.standard_error(2, 1, 1, 3) == pytest.approx(np.std(means))


@pytest.mark.parametrize(
    "counts", [(60, 25, 15), (0, 0, 20), (20, 0, 0), (0, 20, 0), (3, 17, 0), (5, 1, 994), (9000, 900, 100)]
)
@pytest.mark.parametrize("penalty", [0.0, 1.0, 3.0, 9.0])
def test_the_interval_agrees_with_exact_integration(counts: tuple[int, int, int], penalty: float) -> None:
    """2.5% of the Dirichlet posterior lie beyond either end."""
    low, high = intervals.dirichlet_interval(*counts, penalty)
    estimate = (counts[0] - penalty * counts[1]) / sum(counts)
    assert low == estimate or exact_cdf(counts, penalty, low) == pytest.approx(0.025, abs=0.0015)
    assert high == estimate or exact_cdf(counts, penalty, high) == pytest.approx(0.975, abs=0.0015)


def exact_cdf(counts: tuple[int, int, int], penalty: float, x: float) -> float:
    """P(A − λE ≤ x), the Beta distribution of A/(A+E) mixed over W = A+E by fine quadrature."""
    correct, error, idk = counts
    w = stats.beta.ppf((np.arange(20000) + 0.5) / 20000, correct + error + 1, idk + 0.5)
    return float(np.mean(stats.beta.cdf((x / w + penalty) / (1 + penalty), correct + 0.5, error + 0.5)))


@given(COUNTS, st.sampled_from([0.0, 1.0, 3.0, 9.0]))
def test_the_interval_is_never_degenerate_and_stays_in_range(counts: tuple[int, int, int], penalty: float) -> None:
    """It has width even where every answer has the same outcome, and lies in [−λ, 1]."""
    low, high = intervals.dirichlet_interval(*counts, penalty)
    assert -penalty <= low < high <= 1
    assert low <= (counts[0] - penalty * counts[1]) / sum(counts) <= high


def test_the_interval_covers_the_truth_where_walds_does_not() -> None:
    """In about 95% of draws at accuracy .5, error rate .005, n = 200 and t = .9, where Wald's covers .892."""
    rng = np.random.default_rng(90)
    truth = 0.5 - 9 * 0.005
    draws = rng.multinomial(200, [0.5, 0.005, 0.495], size=600)
    drawn = [intervals.dirichlet_interval(float(c), float(e), float(i), 9.0) for c, e, i in draws]
    held = [low <= truth <= high for low, high in drawn]
    assert np.mean(held) == pytest.approx(0.955, abs=0.03)


@pytest.mark.parametrize(("k", "n", "low", "high"), [(50, 50, 0.951, 1), (42, 50, 0.721, 0.921), (1, 2, 0.061, 0.939)])
def test_the_interval_of_a_share_is_jeffreys(k: int, n: int, low: float, high: float) -> None:
    """Its ends are scipy's Beta quantiles, and the interval of the complement mirrors it."""
    result, mirrored = intervals.share_interval(k, n), intervals.share_interval(n - k, n)
    assert result == pytest.approx((low, high), abs=5e-4)
    assert result == pytest.approx((1 - mirrored[1], 1 - mirrored[0]), abs=1e-9)
    if k < n:
        assert result == pytest.approx(
            [float(stats.beta.ppf(tail, k + 0.5, n - k + 0.5)) for tail in (0.025, 0.975)], abs=1e-5
        )


def test_a_share_of_nothing_has_no_interval() -> None:
    """Nor has a count below 0 or above n."""
    for k, n in ((0, 0), (3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="a share needs"):
            intervals.share_interval(k, n)


def test_the_error_of_several_epochs_is_that_of_item_means() -> None:
    """Four items with three epochs each are four observations, not twelve."""
    scores = np.array([[1, 1, -3], [0, 0, 0], [-3, 1, -3], [1, 1, 1]], dtype=float)
    mean, se = intervals.item_mean(scores.mean(axis=1))
    assert mean == pytest.approx(-0.25)
    assert se == pytest.approx(0.5506729889333059)


def test_a_single_item_has_no_standard_error() -> None:
    """Its mean is known; the error is NaN."""
    assert math.isnan(intervals.item_mean(np.array([1.0])).se)


def test_an_error_bar_of_no_answers_is_refused() -> None:
    """It is undefined, not 0."""
    with pytest.raises(ValueError, match="no answers"):
        intervals.standard_error(0, 0, 0, 1)
    with pytest.raises(ValueError, match="no answers"):
        intervals.dirichlet_interval(0, 0, 0, 1)
    with pytest.raises(ValueError, match="no items"):
        intervals.item_mean(np.array([]))
