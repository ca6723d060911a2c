"""Intervals, tests and bands keep their promises on simulated data; `make theory` draws at the full sizes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from effort import draws, slack_of_a_share

from evalkit.metrics import intervals, paired, rank_sets
from evalkit.metrics.threshold import penalty

TABLE = np.array([[40, 8, 12], [6, 10, 9], [3, 2, 10]])
"""Counts of 100 questions by outcome of two models."""


@pytest.mark.parametrize(
    ("accuracy", "error", "n", "t", "coverage"),
    [
        (0.6, 0.02, 200, 0.9, 0.944),
        (0.5, 0.005, 200, 0.9, 0.958),
        (0.9, 0.05, 50, 0.5, 0.947),
        (0.3, 0.3, 1000, 0.9, 0.95),
    ],
)
def test_intervals_cover_the_truth_at_their_nominal_rate(
    accuracy: float, error: float, n: int, t: float, coverage: float
) -> None:
    """95%, also where Wald's interval covers it in 89% of draws."""
    random, repeats = np.random.default_rng(90), draws(200, 3000)
    cost = penalty(t)
    truth = accuracy - cost * error
    held = 0
    for c, e, i in random.multinomial(n, [accuracy, error, 1 - accuracy - error], repeats):
        low, high = intervals.dirichlet_intervals(float(c), float(e), float(i), [cost])[0]
        held += low <= truth <= high
    assert held / repeats == pytest.approx(coverage, abs=0.005 + slack_of_a_share(coverage, repeats, 3000))


def test_clustered_errors_cover_where_naive_ones_do_not() -> None:
    """Fifty texts of eight questions: naive intervals miss the truth in a third of draws, clustered ones in 5%."""
    random, repeats = np.random.default_rng(92), draws(400, 3000)
    clusters = np.repeat(np.arange(50), 8)
    naive = robust = 0
    for _ in range(repeats):
        easy = random.beta(0.5, 0.5, 50)[clusters]
        scores = (random.random(400) < easy).astype(float)
        result = intervals.cluster_mean(scores, clusters.tolist())
        off = abs(result.mean - 0.5)
        naive += off > 1.96 * scores.std() / math.sqrt(400)
        robust += off > result.t_quantile * result.se
    assert naive / repeats > 0.25
    assert robust / repeats == pytest.approx(0.05, abs=0.005 + slack_of_a_share(0.05, repeats))


def test_the_error_over_item_means_is_the_scatter_of_the_score() -> None:
    """A hundred questions asked five times; treating them as five hundred questions understates the scatter."""
    random, repeats = np.random.default_rng(93), draws(400, 4000)
    values, errors, pooled = [], [], []
    for _ in range(repeats):
        q = random.beta(0.7, 0.7, 100)
        scores = random.random((100, 5)) < q[:, None]
        value, se = intervals.item_mean(scores.mean(axis=1))
        values.append(value)
        errors.append(se)
        pooled.append(scores.std() / math.sqrt(500))
    scatter = float(np.std(values))
    assert np.mean(errors) == pytest.approx(scatter, rel=4 / math.sqrt(2 * repeats))
    assert np.mean(pooled) < 0.8 * scatter


def test_fiellers_set_covers_the_crossing() -> None:
    """In 95% of draws of two models whose ranks cross at t = .161."""
    table = np.array([[220, 5, 60], [15, 250, 230], [5, 5, 210]])
    a, b = table.sum(axis=1) / table.sum(), table.sum(axis=0) / table.sum()
    truth = paired.crossing(a[0], a[1], b[0], b[1]).t
    assert truth is not None
    assert truth == pytest.approx(0.1607143)
    random, repeats = np.random.default_rng(95), draws(400, 4000)
    held = 0
    for drawn in random.multinomial(1000, table.ravel() / table.sum(), repeats):
        result = paired.crossing_interval(drawn.reshape(3, 3).tolist())
        held += result.low is not None and result.high is not None and result.low <= truth <= result.high
    assert held / repeats == pytest.approx(0.953, abs=0.01 + slack_of_a_share(0.953, repeats))


@pytest.mark.parametrize(
    ("t", "n", "power"), [(0.0, 181, 0.799), (0.5, 1780, 0.805), (0.75, 16_573, 0.787), (0.9, 1558, 0.808)]
)
def test_the_sample_size_reaches_the_power_it_was_computed_for(t: float, n: int, power: float) -> None:
    """The paired z test detects it in 80% of draws."""
    random, repeats = np.random.default_rng(96), draws(800, 4000)
    detected = 0
    for drawn in random.multinomial(n, TABLE.ravel() / TABLE.sum(), repeats):
        detected += paired.z_test(paired.difference(drawn.reshape(3, 3).tolist(), t)) < 0.05
    assert detected / repeats == pytest.approx(power, abs=0.01 + slack_of_a_share(power, repeats, 4000))


def test_rank_sets_cover_all_ranks_at_once() -> None:
    """In at least 95% of draws of one model ahead of five tied ones, whose ranks are 2 to 6."""
    random, repeats = np.random.default_rng(97), draws(60, 600)
    held, widths = 0, []
    for k in range(repeats):
        scores = (random.random((400, 6)) < [0.65, *[0.5] * 5]).astype(float)
        sets = rank_sets.rank_confidence_sets(scores, draws=300, seed=k)
        held += sets[0].best == 1 and all(one.best <= 2 and one.worst == 6 for one in sets[1:])
        widths.append(np.mean([one.worst - one.best + 1 for one in sets]))
    assert held / repeats >= 0.95 - 0.005 - slack_of_a_share(0.95, repeats)
    assert np.mean(widths) < 6


def test_a_band_over_all_t_holds_where_a_pointwise_one_does_not() -> None:
    """The simultaneous band covers all t in 97% of draws, the pointwise one in 90%."""
    random, repeats = np.random.default_rng(140), draws(600, 6000)
    ts = [k / 50 for k in range(50)]
    costs = np.array([penalty(t) for t in ts])
    truth = 0.5 - costs * 0.3
    both = pointwise = 0
    for c, e, i in random.multinomial(300, [0.5, 0.3, 0.2], repeats):
        low, high = np.array(rank_sets.simultaneous_band(int(c), int(e), int(i), ts)).T
        both += bool(((low <= truth) & (truth <= high)).all())
        middle, half = (low + high) / 2, (high - low) / 2 * 1.96 / rank_sets.SIMULTANEOUS
        pointwise += bool(((middle - half <= truth) & (truth <= middle + half)).all())
    assert both / repeats >= 0.95 - slack_of_a_share(0.95, repeats)
    assert pointwise / repeats < 0.95
    assert both > pointwise
