"""Two models on the same questions, many models at once, and averages over t."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evalkit.metrics import averages, intervals, paired, rank_sets, threshold

TB = [[40, 8, 12], [6, 10, 9], [3, 2, 10]]
TABLES = st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=3, max_size=3).filter(
    lambda table: sum(map(sum, table)) > 0
)
TARGETS = st.sampled_from([0.0, 0.25, 0.5, 0.75, 0.9])
COUNTS = st.tuples(*[st.integers(0, 60)] * 3).filter(any)


@pytest.mark.parametrize(
    ("t", "value", "se", "exact", "z"),
    [
        (0, 0.11, 0.0527162, 0.0614283, 0.0369),
        (0.5, 0.06, 0.0903549, 0.5832895, 0.5067),
        (0.75, -0.04, 0.1838042, 0.8715804, 0.8277),
        (0.9, -0.34, 0.4790031, 0.4706323, 0.4778),
    ],
)
def test_a_worked_table(t: float, value: float, se: float, exact: float, z: float) -> None:
    """Difference, standard error and both p values of a table of 100 questions."""
    result = paired.difference(TB, t)
    assert result == pytest.approx((value, se), abs=1e-7)
    assert paired.sign_flip(TB, t) == pytest.approx(exact, abs=1e-7)
    assert paired.z_test(result) == pytest.approx(z, abs=1e-4)


@given(TABLES)
def test_at_zero_the_sign_flip_test_is_exact_mcnemar(table: list[list[int]]) -> None:
    """At t = 0 only right against not right matters."""
    only_a = table[0][1] + table[0][2]
    only_b = table[1][0] + table[2][0]
    expected = stats.binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    assert paired.sign_flip(table, 0) == pytest.approx(expected)


@given(TABLES, TARGETS)
def test_swapping_the_models_changes_the_sign_and_nothing_else(table: list[list[int]], t: float) -> None:
    """The standard error and p stay as they are."""
    turned = [list(row) for row in zip(*table, strict=True)]
    one, other = paired.difference(table, t), paired.difference(turned, t)
    assert one.value == pytest.approx(-other.value)
    assert one.se == pytest.approx(other.se)
    assert paired.sign_flip(table, t) == pytest.approx(paired.sign_flip(turned, t))


@given(TABLES, TARGETS)
def test_the_difference_is_that_of_the_two_scores(table: list[list[int]], t: float) -> None:
    """The two scores follow from the margins of the table."""
    a, b = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    assert paired.difference(table, t).value == pytest.approx(
        threshold.score(a[0], a[1], a[2], t) - threshold.score(b[0], b[1], b[2], t)
    )


def test_the_general_sign_flip_test_agrees_with_the_one_on_tables() -> None:
    """Exactly where it enumerates, and nearly where it draws at random."""
    table = [[3, 2, 1], [1, 0, 3], [0, 1, 2]]
    d = np.subtract.outer([1.0, -3, 0], [1.0, -3, 0])
    differences = np.repeat(d.ravel(), np.array(table).ravel())
    assert paired.sign_flip_of_differences(differences) == pytest.approx(paired.sign_flip(table, 0.75))
    many = np.repeat(differences, 4)
    assert paired.sign_flip_of_differences(many) == pytest.approx(
        paired.sign_flip([[4 * n for n in row] for row in table], 0.75), abs=0.02
    )


def test_ranks_cross_at_the_published_targets() -> None:
    """Two published pairs of models, and a table with its Fieller set."""
    assert paired.crossing(0.24, 0.75, 0.22, 0.26).t == pytest.approx(0.0392157, abs=1e-7)
    assert paired.crossing(0.206, 0.768, 0.160, 0.208).t == pytest.approx(0.0759076, abs=1e-7)
    table = [[220, 5, 60], [15, 250, 230], [5, 5, 210]]
    result = paired.crossing_interval(table)
    assert result.kind == "interval"
    assert (result.low, result.high) == pytest.approx((0.1002158, 0.2195497), abs=1e-6)


@given(st.tuples(COUNTS, COUNTS))
def test_both_score_the_same_where_they_cross(pair: tuple[tuple[int, int, int], tuple[int, int, int]]) -> None:
    """Where they do not cross, one model is nowhere behind the other."""
    (c, e, i), (d, f, j) = pair
    rates = (c / (c + e + i), e / (c + e + i), d / (d + f + j), f / (d + f + j))
    result = paired.crossing(*rates)
    if result.t is not None and result.t < 0.999:
        assert threshold.score(c, e, i, result.t) == pytest.approx(threshold.score(d, f, j, result.t), abs=1e-6)
    elif result.kind != "crosses":
        signs = {"A dominates": 1, "B dominates": -1, "identical": 0}
        for t in (0, 0.3, 0.6, 0.9):
            gap = threshold.score(c, e, i, t) - threshold.score(d, f, j, t)
            assert gap * signs[result.kind] >= -1e-9 if signs[result.kind] else gap == pytest.approx(0)


@pytest.mark.parametrize(("t", "n"), [(0, 181), (0.5, 1780), (0.75, 16573), (0.9, 1558)])
def test_sample_sizes_of_the_worked_table(t: float, n: int) -> None:
    """80% power at the 5% level."""
    variance, effect = paired.variance_of_difference(TB, t), paired.difference(TB, t).value
    result = paired.sample_size(effect, variance)
    assert result == pytest.approx(n, abs=1)
    assert paired.achieved_power(result, effect, variance) == pytest.approx(0.8, abs=0.005)


@pytest.mark.parametrize(("t", "n"), [(0, 2305), (0.5, 5379), (0.75, 20744), (0.9, 140598)])
def test_sample_sizes_for_an_interval(t: float, n: int) -> None:
    """± 0.02 at accuracy .4 and error rate .2."""
    assert paired.size_for_half_width(0.4, 0.2, t, 0.02) == pytest.approx(n, abs=1)


def test_invalid_tables_and_settings_are_refused() -> None:
    """Another shape, negative counts, an empty table; no effect, no variance, no width."""
    for table in ([[1, 2], [3, 4]], [[-1, 0, 0], [0, 0, 0], [0, 0, 2]], [[0] * 3] * 3):
        with pytest.raises(ValueError, match=r"3×3|no answers"):
            paired.difference(table, 0.5)
    for call in (
        lambda: paired.sample_size(0, 1),
        lambda: paired.achieved_power(10, 1, 0),
        lambda: paired.size_for_half_width(0.4, 0.2, 0.5, 0),
        lambda: rank_sets.winners([]),
    ):
        with pytest.raises(ValueError, match=r"needs an effect|needs a question|needs a half width|no models"):
            call()


def test_holm_as_published() -> None:
    """Step-down, monotone and at most 1."""
    assert rank_sets.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert rank_sets.holm([0.9, 0.8]) == [1.0, 1.0]


@given(COUNTS)
def test_the_band_holds_the_score_everywhere(counts: tuple[int, int, int]) -> None:
    """Its factor replaces 1.96 by the root of a chi-squared quantile."""
    for t, band in zip((0, 0.5, 0.9), rank_sets.simultaneous_band(*counts, (0, 0.5, 0.9)), strict=True):
        assert band.low - 1e-9 <= threshold.score(*counts, t) <= band.high + 1e-9
    assert pytest.approx(stats.chi2.ppf(0.95, 2) ** 0.5) == rank_sets.SIMULTANEOUS


def test_rank_sets_separate_models_that_differ_and_no_others() -> None:
    """A clear winner, a clear loser, and two models of equal skill between them."""
    draw = np.random.default_rng(0)
    good, poor = (draw.random(400) < rate for rate in (0.9, 0.2))
    middle = draw.random((400, 2)) < 0.55
    result = rank_sets.rank_confidence_sets(np.column_stack([middle[:, 0], good, poor, middle[:, 1]]).astype(float))
    assert result == [(2, 3), (1, 1), (4, 4), (2, 3)]
    assert rank_sets.rank_confidence_sets(np.ones((20, 3))) == [(1, 3)] * 3


@given(st.lists(COUNTS, min_size=1, max_size=5), st.floats(0.001, 0.98))
def test_the_winner_at_every_target_scores_highest(models: list[tuple[int, int, int]], t: float) -> None:
    """The ranges cover all t, and within each its model scores highest."""
    rates = [(c / (c + e + i), e / (c + e + i)) for c, e, i in models]
    ranges = rank_sets.winners(rates)
    assert (ranges[0].start, ranges[-1].end) == (0.0, 1.0)
    leader = next(one for one in ranges if one.start <= t <= one.end)
    scores = [threshold.score(*model, t) for model in models]
    assert scores[leader.model] == pytest.approx(max(scores), abs=1e-9)


@pytest.mark.parametrize("df", [1, 2, 3, 7, 8, 30, 101])
def test_students_quantiles_are_scipys(df: int) -> None:
    """For even and odd degrees of freedom."""
    result = intervals.cluster_mean(np.arange(df + 1.0), range(df + 1))
    assert result.t_quantile == pytest.approx(stats.t.ppf(0.975, df))
    assert result.few == (df + 1 < 10)


@pytest.mark.slow
@given(COUNTS, st.floats(0.01, 0.95))
def test_the_uniform_average_is_the_integral(counts: tuple[int, int, int], upper: float) -> None:
    """As a numerical sum over t confirms; under the Brier weight it is S at ½."""
    ts = (np.arange(20000) + 0.5) / 20000 * upper
    numeric = np.mean(threshold.sweep(*counts, ts.tolist()))
    assert averages.integral_score(*counts, "uniform", upper) == pytest.approx(numeric, abs=1e-4)
    assert averages.integral_score(*counts, "brier") == pytest.approx(threshold.score(*counts, 0.5))


@given(st.floats(0, 0.999), st.floats(0.001, 0.999))
def test_the_confidence_scores_are_proper(p: float, q: float) -> None:
    """Reporting one's true belief maximizes the expected score."""
    weights: tuple[averages.Weight, ...] = ("brier", "uniform")
    for weight in weights:

        def expected(said: float, weight: averages.Weight = weight) -> float:
            right = averages.confidence_score(said, right=True, weight=weight)
            return q * right + (1 - q) * averages.confidence_score(said, right=False, weight=weight)

        assert expected(q) >= expected(p) - 1e-9


def test_averages_that_diverge_are_refused() -> None:
    """Uniform up to t = 1, certain and wrong, Beta with b ≤ 1, weights that do not sum to 1, no runs."""
    calls: list[Callable[[], float]] = [
        lambda: averages.integral_score(1, 1, 1, "uniform", 1.0),
        lambda: averages.confidence_score(1.0, right=False, weight="uniform"),
        lambda: averages.beta_average(1, 1, 1, 1, 1),
        lambda: averages.grid_average(1, 1, 1, {0: 0.4}),
        lambda: averages.mean_normalized([]),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"diverge|−∞|Beta|sum to|no runs"):
            call()
    assert math.isfinite(averages.confidence_score(1.0, right=False, weight="uniform", clip=True))


@pytest.mark.slow
@given(COUNTS, st.floats(0.1, 5), st.floats(1.1, 5))
def test_a_beta_average_is_one_score(counts: tuple[int, int, int], a: float, b: float) -> None:
    """It is the score at t = a/(a + b − 1), as the integral confirms."""
    grid = (np.arange(4000) + 0.5) / 4000
    ts = [float(t) for t in stats.beta.ppf(grid, a, b) if t < 0.9999999]
    numeric = float(np.mean(threshold.sweep(*counts, ts)))
    if b > 2:
        assert averages.beta_average(*counts, a, b) == pytest.approx(numeric, abs=0.05)
    assert averages.beta_average(*counts, 1, 2) == pytest.approx(threshold.score(*counts, 0.5))
