"""Two models on the same questions, and many at once."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

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
def test_the_worked_table(t: float, value: float, se: float, exact: float, z: float) -> None:
    """Difference, standard error and both p values of the theory's paired table."""
    found = paired.difference(TB, t)
    assert found == pytest.approx((value, se), abs=1e-7)
    assert paired.sign_flip(TB, t) == pytest.approx(exact, abs=1e-7)
    assert paired.z_test(found) == pytest.approx(z, abs=1e-4)


@given(TABLES)
def test_at_zero_the_sign_flip_test_is_exact_mcnemar(table: list[list[int]]) -> None:
    """Only right against not right counts there."""
    only_a = table[0][1] + table[0][2]
    only_b = table[1][0] + table[2][0]
    expected = stats.binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    assert paired.sign_flip(table, 0) == pytest.approx(expected)


@given(TABLES, TARGETS)
def test_swapping_the_models_changes_the_sign_and_nothing_else(table: list[list[int]], t: float) -> None:
    """B against A is A against B."""
    turned = [list(row) for row in zip(*table, strict=True)]
    one, other = paired.difference(table, t), paired.difference(turned, t)
    assert one.value == pytest.approx(-other.value)
    assert one.se == pytest.approx(other.se)
    assert paired.sign_flip(table, t) == pytest.approx(paired.sign_flip(turned, t))


@given(TABLES, TARGETS)
def test_the_difference_is_that_of_the_two_scores(table: list[list[int]], t: float) -> None:
    """From the margins of the table."""
    a, b = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    assert paired.difference(table, t).value == pytest.approx(
        threshold.score(a[0], a[1], a[2], t) - threshold.score(b[0], b[1], b[2], t)
    )


def test_the_general_sign_flip_agrees_with_the_convolution() -> None:
    """Enumerated over the same differences."""
    table = [[3, 2, 1], [1, 0, 3], [0, 1, 2]]
    d = np.subtract.outer([1.0, -3, 0], [1.0, -3, 0])
    differences = np.repeat(d.ravel(), np.array(table).ravel())
    assert paired.sign_flip_of_differences(differences) == pytest.approx(paired.sign_flip(table, 0.75))
    many = np.repeat(differences, 4)
    assert paired.sign_flip_of_differences(many) == pytest.approx(
        paired.sign_flip([[4 * n for n in row] for row in table], 0.75), abs=0.02
    )


def test_where_ranks_cross() -> None:
    """The pairs of the theory: OpenAI's and Nature's figures, and a table with its Fieller set."""
    assert paired.crossing(0.24, 0.75, 0.22, 0.26).t == pytest.approx(0.0392157, abs=1e-7)
    assert paired.crossing(0.206, 0.768, 0.160, 0.208).t == pytest.approx(0.0759076, abs=1e-7)
    table = [[220, 5, 60], [15, 250, 230], [5, 5, 210]]
    found = paired.crossing_interval(table)
    assert found.kind == "interval"
    assert (found.low, found.high) == pytest.approx((0.1002158, 0.2195497), abs=1e-6)


@given(st.tuples(COUNTS, COUNTS))
def test_both_score_the_same_where_they_cross(pair: tuple[tuple[int, int, int], tuple[int, int, int]]) -> None:
    """And where they do not cross, one is nowhere behind."""
    (c, e, i), (d, f, j) = pair
    rates = (c / (c + e + i), e / (c + e + i), d / (d + f + j), f / (d + f + j))
    found = paired.crossing(*rates)
    if found.t is not None and found.t < 0.999:
        assert threshold.score(c, e, i, found.t) == pytest.approx(threshold.score(d, f, j, found.t), abs=1e-6)
    elif found.kind != "crosses":
        signs = {"A dominates": 1, "B dominates": -1, "identical": 0}
        for t in (0, 0.3, 0.6, 0.9):
            gap = threshold.score(c, e, i, t) - threshold.score(d, f, j, t)
            assert gap * signs[found.kind] >= -1e-9 if signs[found.kind] else gap == pytest.approx(0)


@pytest.mark.parametrize(("t", "n"), [(0, 181), (0.5, 1780), (0.75, 16573), (0.9, 1558)])
def test_sample_sizes_of_the_worked_table(t: float, n: int) -> None:
    """80% power at the 5% level."""
    variance, effect = paired.variance_of_difference(TB, t), paired.difference(TB, t).value
    found = paired.sample_size(effect, variance)
    assert found == pytest.approx(n, abs=1)
    assert paired.achieved_power(found, effect, variance) == pytest.approx(0.8, abs=0.005)


@pytest.mark.parametrize(("t", "n"), [(0, 2305), (0.5, 5379), (0.75, 20744), (0.9, 140598)])
def test_sample_sizes_for_an_interval(t: float, n: int) -> None:
    """± 0.02 at accuracy .4 and error rate .2."""
    assert paired.size_for_half_width(0.4, 0.2, t, 0.02) == pytest.approx(n, abs=1)


def test_tables_that_are_none_are_refused() -> None:
    """Another shape, negative counts, nothing."""
    for table in ([[1, 2], [3, 4]], [[-1, 0, 0], [0, 0, 0], [0, 0, 2]], [[0] * 3] * 3):
        with pytest.raises(ValueError, match=r"3×3|no answers"):
            paired.difference(table, 0.5)
    with pytest.raises(ValueError, match="effect"):
        paired.sample_size(0, 1)


def test_holm_as_published() -> None:
    """Step-down, monotone, at most 1."""
    assert rank_sets.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert rank_sets.holm([0.9, 0.8]) == [1.0, 1.0]


@given(COUNTS)
def test_the_band_holds_the_score_everywhere(counts: tuple[int, int, int]) -> None:
    """And is wider than the interval at one t."""
    for t, band in zip((0, 0.5, 0.9), rank_sets.simultaneous_band(*counts, (0, 0.5, 0.9)), strict=True):
        assert band.low - 1e-9 <= threshold.score(*counts, t) <= band.high + 1e-9
    assert pytest.approx(stats.chi2.ppf(0.95, 2) ** 0.5) == rank_sets.SIMULTANEOUS


def test_rank_sets_tell_apart_what_differs_and_nothing_else() -> None:
    """A clear winner, a clear loser, two that are the same model."""
    draw = np.random.default_rng(0)
    good, poor = (draw.random(400) < rate for rate in (0.9, 0.2))
    middle = draw.random((400, 2)) < 0.55
    found = rank_sets.rank_sets(np.column_stack([middle[:, 0], good, poor, middle[:, 1]]).astype(float))
    assert found == [(2, 3), (1, 1), (4, 4), (2, 3)]
    assert rank_sets.rank_sets(np.ones((20, 3))) == [(1, 3)] * 3


@given(st.lists(COUNTS, min_size=1, max_size=5), st.floats(0.001, 0.98))
def test_who_wins_at_t_is_named(models: list[tuple[int, int, int]], t: float) -> None:
    """The reigns cover all t, and inside each its model scores highest."""
    rates = [(c / (c + e + i), e / (c + e + i)) for c, e, i in models]
    reigns = rank_sets.winners(rates)
    assert (reigns[0].start, reigns[-1].end) == (0.0, 1.0)
    king = next(reign for reign in reigns if reign.start <= t <= reign.end)
    scores = [threshold.score(*model, t) for model in models]
    assert scores[king.model] == pytest.approx(max(scores), abs=1e-9)


def test_the_aggregation_vectors(shared: Path) -> None:
    """Epochs, clusters and the grid average of the specification."""
    vectors = {v["id"]: v for v in json.loads((shared / "theory" / "vectors.json").read_text())["aggregation"]}
    mean, se = intervals.mean_and_error(np.array(vectors["A3"]["X"]).mean(axis=1))
    assert (mean, se) == pytest.approx((vectors["A3"]["S"], vectors["A3"]["se_item_means"]))
    parts = intervals.epoch_parts(vectors["A3"]["X"])
    assert (parts.within, parts.between) == pytest.approx((vectors["A3"]["within"], vectors["A3"]["between"]))
    found = intervals.clustered(np.array(vectors["A4"]["scores"], float), vectors["A4"]["clusters"])
    assert (found.mean, found.se) == pytest.approx((vectors["A4"]["S"], vectors["A4"]["se_cluster_G_over_Gm1"]))
    assert found.few
    grid = averages.grid_average(60, 25, 15, dict.fromkeys((0, 0.5, 0.75, 0.9), 0.25))
    assert grid == pytest.approx(vectors["A5"]["value"])
    assert threshold.score(60, 25, 15, vectors["A7"]["t"]) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("df", [1, 2, 3, 7, 8, 30, 101])
def test_students_quantiles(df: int) -> None:
    """As scipy has them."""
    found = intervals.clustered(np.arange(df + 1.0), range(df + 1))
    assert found.t_quantile == pytest.approx(stats.t.ppf(0.975, df))
    assert found.few == (df + 1 < 10)


@given(COUNTS, st.floats(0.01, 0.95))
def test_the_uniform_average_is_the_integral(counts: tuple[int, int, int], upper: float) -> None:
    """Summed numerically."""
    ts = (np.arange(20000) + 0.5) / 20000 * upper
    numeric = np.mean(threshold.sweep(*counts, ts.tolist()))
    assert averages.integral_score(*counts, "uniform", upper) == pytest.approx(numeric, abs=1e-4)
    assert averages.integral_score(*counts, "brier") == pytest.approx(threshold.score(*counts, 0.5))


@given(st.floats(0, 0.999), st.floats(0.001, 0.999))
def test_the_confidence_scores_are_proper(p: float, q: float) -> None:
    """Nobody expects more than by saying what he believes."""
    weights: tuple[averages.Weight, ...] = ("brier", "uniform")
    for weight in weights:

        def expected(said: float, weight: averages.Weight = weight) -> float:
            right = averages.confidence_score(said, right=True, weight=weight)
            return q * right + (1 - q) * averages.confidence_score(said, right=False, weight=weight)

        assert expected(q) >= expected(p) - 1e-9


def test_averages_that_diverge_are_refused() -> None:
    """Uniform up to 1; certain and wrong; Beta with b ≤ 1; weights that are none."""
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


@given(COUNTS, st.floats(0.1, 5), st.floats(1.1, 5))
def test_a_beta_average_is_one_score(counts: tuple[int, int, int], a: float, b: float) -> None:
    """At t = a/(a + b − 1), against the integral by scipy's quadrature."""
    grid = (np.arange(4000) + 0.5) / 4000
    ts = [float(t) for t in stats.beta.ppf(grid, a, b) if t < 0.9999999]
    numeric = float(np.mean(threshold.sweep(*counts, ts)))
    if b > 2:
        assert averages.beta_average(*counts, a, b) == pytest.approx(numeric, abs=0.05)
    assert averages.beta_average(*counts, 1, 2) == pytest.approx(threshold.score(*counts, 0.5))
