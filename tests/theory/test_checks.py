"""The paper's statements checked by simulation; `make theory` runs these tests at the full sizes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from effort import FULL, draws, slack_of_a_share
from hypothesis import given
from hypothesis import strategies as st

from evalkit.grading.confidence import vote
from evalkit.metrics.threshold import penalty
from evalkit.records import Grade
from evalkit.theory import binary_graders, bounds, decryption, facts, is_it_valid, reliability
from evalkit.theory.worlds import KINDS, World, make_world, random_world

D2 = make_world(
    [0.25, 0.75],
    [[1, 0, 0, 0], [0.6, 0.4, 0, 0, 0]],
    [[0.25, 0.45, 0.2, 0.1], [0.5, 0.1, 0.36, 0.02, 0.02]],
    [[True, False, False, False], [True, True, False, False, False]],
)


def worlds(seed: int, n: int, **settings: Any) -> list[World]:
    """Random worlds, every kind of model in turn."""
    random = np.random.default_rng(seed)
    return [random_world(random, int(random.integers(1, 7)), kind=KINDS[k % 5], **settings) for k in range(n)]


# Theorem 1


def test_theorem_1_is_never_violated_and_err_is_often_below_err_iiv() -> None:
    """With |δ| or δ₊, one threshold or one a prompt; the identity holds to 1e-12."""
    worst = residual = math.inf
    below, n = 0, draws(3_000, 60_000)
    for world in worlds(20250904, n):
        one, each = is_it_valid.reduction(world), is_it_valid.reduction(world, per_prompt=True)
        slacks = [one.slack, one.error - one.bound_signed, each.slack, each.error - each.bound_signed]
        worst = min(worst, *slacks)
        residual = min(residual, -abs(one.identity - one.error), -abs(each.identity - each.error))
        below += one.error < one.error_iiv
    assert worst >= -1e-12
    assert residual >= -1e-12
    assert below > n / 10


@pytest.mark.parametrize("errors", [*range(2, 13), 1000])
def test_theorem_1_is_tight(errors: int) -> None:
    """With p̂ = 1/K on the valid response and uniform errors, err equals the bound 1 − 1/K."""
    each = (1 - 1 / errors) / errors
    # 1/K as computed by softmax may lie a digit above or below.
    above = np.nextafter(1 / errors, 1)
    for gold in (1 / errors, above):
        world = make_world([1], [[1, *[0] * errors]], [[gold, *[each] * errors]], [[True, *[False] * errors]])
        assert is_it_valid.reduction(world).error_iiv == 0.5
    result = is_it_valid.reduction(world)
    assert result.error == pytest.approx(1 - 1 / errors)
    assert result.bound == pytest.approx(result.error)


def test_the_classifier_is_tested_on_truth_and_errors_in_equal_parts() -> None:
    """Half of D is the truth, half a uniform error of a prompt; ties are called invalid."""
    d = is_it_valid.distribution(D2)
    assert d.sum() == pytest.approx(1)
    assert d.tolist() == pytest.approx([0.125, *[0.125 / 3] * 3, 0.225, 0.15, *[0.375 / 3] * 3])
    verdicts = is_it_valid.calls_valid(D2, 0.1)
    assert verdicts.tolist() == [True, True, True, False, True, False, True, False, False]
    assert is_it_valid.error_iiv(D2, 0.1) == pytest.approx(d[verdicts != D2.valid].sum())


def test_err_iiv_may_exceed_a_half() -> None:
    """With ten errors and p̂ uniform on nine of them, err_iiv is .95, δ 1, err 1 and the bound .8."""
    world = make_world([1], [[1, *[0] * 10]], [[0, *[1 / 9] * 9, 0]], [[True, *[False] * 10]])
    result = is_it_valid.reduction(world)
    values = (result.error_iiv, result.delta, result.error, result.bound)
    assert values == pytest.approx((0.95, 1, 1, 0.8))


def test_with_two_options_theorem_1_gives_no_bound_and_theorem_3_does() -> None:
    """With K = 1 no p̂ is above the threshold, so that err_iiv is ½ and the bound at most 0."""
    world = make_world([1], [[1, 0]], [[0.3, 0.7]], [[True, False]])
    result = is_it_valid.reduction(world)
    assert (result.error_iiv, result.delta) == (0.5, 0)
    assert result.bound <= 0
    assert bounds.choice_bound(2, is_it_valid.best_threshold(world)[0]) == pytest.approx(0.5)


def test_implausible_responses_count_as_errors() -> None:
    """Theorem 1 holds for any probability outside the plausible responses."""
    random = np.random.default_rng(13)
    for world in worlds(14, draws(2_000, 40_000)):
        kept = random.random(len(world.mu))
        leaky = World(world.mu, world.prompt, world.p, world.q * kept[world.prompt], world.valid, 1 - kept)
        result = is_it_valid.reduction(leaky)
        assert result.slack >= -1e-12
        assert result.error >= result.bound_signed - 1e-12


# δ


def test_delta_is_the_slope_of_the_loss_but_not_of_the_printed_one() -> None:
    """Central differences agree to 1e-6; the slope of the loss as printed is wrong in most worlds."""
    random, off, n = np.random.default_rng(11), 0, 0
    for _ in range(draws(500, 4_000)):
        world = random_world(random, int(random.integers(1, 7)), most=14, least=8, valids=2)
        if world.q.min() <= 0:
            continue
        z, step, n = is_it_valid.threshold(world), 1e-5, n + 1
        slope = (is_it_valid.rescaled_loss(world, z, 1 + step) - is_it_valid.rescaled_loss(world, z, 1 - step)) / (
            2 * step
        )
        signed = is_it_valid.delta_signed(world, z)
        assert slope == pytest.approx(signed, abs=1e-6)
        off += abs(is_it_valid.printed_loss_slope(world, z) - signed) > 1e-3
    assert off > n / 2
    d1 = make_world([1], [[0.7, 0.3, 0, 0, 0]], [[0.5, 0.2, 0.2, 0.06, 0.04]], [[True, True, False, False, False]])
    assert is_it_valid.printed_loss_slope(d1, is_it_valid.threshold(d1)) == pytest.approx(1.5)


def test_rescaling_gains_at_least_two_delta_squared() -> None:
    """With a single prompt the best factor gains exactly KL(p(𝒜) ‖ p̂(𝒜))."""
    random = np.random.default_rng(11)
    for _ in range(draws(300, 3_000)):
        world = random_world(random, 1, kind="dirichlet")
        z = is_it_valid.threshold(world)
        above = world.q > z
        p, q = float(world.p[above].sum()), float(world.q[above].sum())
        if not (0 < p < 1 and 0 < q < 1) or world.q[world.p > 0].min() <= 0:
            continue
        best = p / (1 - p) * (1 - q) / q
        gain = is_it_valid.rescaled_loss(world, z, 1) - is_it_valid.rescaled_loss(world, z, best)
        kl = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
        assert gain == pytest.approx(kl, abs=1e-9)
        assert gain >= 2 * (q - p) ** 2 - 1e-12


def test_an_estimate_of_signed_delta_is_unbiased_and_its_absolute_value_is_not() -> None:
    """At δ = 0, with 400 and 400 samples at rate .4, |δ̂| is .0277 on average; the standard error is right."""
    random = np.random.default_rng(11)
    n = draws(5_000, 50_000)
    above = random.binomial(400, 0.4, (n, 2))
    estimates = np.array([is_it_valid.estimate_delta(int(a), 400, int(b), 400) for a, b in above])
    assert np.abs(estimates[:, 0]).mean() == pytest.approx(0.0277, abs=0.0009)
    assert estimates[:, 0].mean() == pytest.approx(0, abs=4 * 0.0346 / math.sqrt(n))
    assert estimates[:, 1].mean() == pytest.approx(estimates[:, 0].std(), rel=0.04)
    with pytest.raises(ValueError, match="no samples"):
        is_it_valid.estimate_delta(0, 0, 1, 2)


def test_the_variation_of_the_delta_curve_is_the_classwise_calibration_error() -> None:
    """With one bin a distinct p̂; .925 in D2."""
    assert reliability.classwise_ece(D2) == pytest.approx(0.925)
    _, curve = is_it_valid.delta_curve(D2)
    assert np.abs(np.diff(curve)).sum() + abs(curve[0]) == pytest.approx(0.925)


@given(st.integers(0, 5_000), st.sampled_from(KINDS), st.integers(1, 20))
def test_a_histogram_holds_every_pair_once(seed: int, kind: str, bins: int) -> None:
    """Pairs, probability and truth add up; a model that equals the truth has no calibration error."""
    world = random_world(np.random.default_rng(seed), kind=kind)
    histogram = reliability.histogram(world, bins)
    assert sum(one.pairs for one in histogram) == pytest.approx(world.weight.sum())
    assert sum(one.mass for one in histogram) == pytest.approx(1)
    assert sum(one.valid * one.pairs for one in histogram) == pytest.approx(1)
    assert all(one.low - 1e-12 <= one.confidence <= one.high + 1e-12 for one in histogram)
    binned = sum(abs(one.confidence - one.valid) * one.pairs for one in histogram)
    assert reliability.classwise_ece(world, bins) == pytest.approx(binned)
    assert reliability.classwise_ece(world, bins) <= reliability.classwise_ece(world) + 1e-12
    if kind == "truth":
        assert reliability.classwise_ece(world) == pytest.approx(0, abs=1e-12)


# Theorem 2


@dataclass(frozen=True)
class Setting:
    """A world of facts, and the means measured on it."""

    n: int
    prompts: int
    responses: int
    exponent: float
    alpha: Callable[[np.random.Generator, int], np.ndarray[Any, Any]]
    draws: int
    sr: float
    mm: float
    error: float
    rootless_lower: float
    rootless_upper: float
    one_world: float = 0.0
    """Extra standard deviations for a world whose α is drawn, and so differs from the one measured."""


def constant(alpha: float) -> Callable[[np.random.Generator, int], np.ndarray[Any, Any]]:
    """The same α for every prompt."""
    return lambda _, n: np.full(n, alpha)


SETTINGS = {
    "A": Setting(1_000, 2_000, 366, 1, constant(0.8), 4000, 0.24353, 0.24345, 0.24278, 0, 0.215),
    "B": Setting(10_000, 20_000, 366, 1, constant(0.8), 2000, 0.20801, 0.20820, 0.20763, 0.0025, 0.406),
    "C": Setting(
        100_000, 100_000, 366, 1, lambda random, n: random.beta(4, 1, n), 400, 0.14435, 0.14430, 0.14391, 0, 0.475, 1
    ),
    "D": Setting(100_000, 100_000, 10**6, 0, constant(0.9), 400, 0.36602, 0.36582, 0.36582, 0.335, 0.463),
    "E": Setting(10_000, 20_000, 4, 1, constant(1), 2000, 0.23968, 0.23979, 0.17984, 0, 0.390),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_theorem_2_holds_over_many_texts(name: str) -> None:
    """Means are as measured and |MM − sr| ≤ 3/√N; read without the square roots, both bounds fail."""
    s = SETTINGS[name]
    random = np.random.default_rng("ABCDE".index(name) + 1)
    n = draws(max(40, s.draws // 20), s.draws)
    world = facts.zipf_facts(random, s.prompts, s.responses, exponent=s.exponent)
    statistics = []
    for _ in range(n):
        world = facts.Facts(world.mu, s.alpha(random, s.prompts), world.answer, s.responses)
        statistics.append(facts.measure(world, *facts.sample(random, world, s.n)))
    sr, mm, error = (
        np.array([getattr(one, which) for one in statistics]) for which in ("singleton_rate", "missing_mass", "error")
    )
    for values, expected in ((sr, s.sr), (mm, s.mm), (error, s.error)):
        tolerance = values.std() * (4 * math.sqrt(1 / n + 1 / s.draws) + s.one_world)
        assert values.mean() == pytest.approx(expected, abs=tolerance)
    assert (np.abs(mm - sr) * math.sqrt(s.n) <= 3).mean() >= 0.99
    errors = s.responses - 1
    lower = [bounds.facts_lower(float(rate), s.n, errors) for rate in sr]
    upper = [bounds.facts_upper(float(rate), s.n, errors) for rate in sr]
    assert (error >= lower).all()
    assert (error <= upper).all()
    below = (error < sr - 2 / errors - (35 + 6 * math.log(s.n)) / s.n).mean()
    above = (error > sr - sr / s.responses + 13 / s.n).mean()
    assert below == pytest.approx(s.rootless_lower, abs=0.03 + slack_of_a_share(s.rootless_lower, n, s.draws))
    assert above == pytest.approx(s.rootless_upper, abs=0.03 + slack_of_a_share(s.rootless_upper, n, s.draws))


def test_theorem_2_needs_a_large_text() -> None:
    """Below N = 7,893 the lower bound is never positive; a correction below .1 takes 1.4 million sentences."""
    assert bounds.facts_lower(1.0, 7_892, 10**9) <= 0 < bounds.facts_lower(1.0, 7_893, 10**9)
    for correction, n in ((0.5, 38_718), (0.2, 306_953), (0.1, 1_442_159), (0.05, 6_686_759)):
        assert 1 - bounds.facts_lower(1.0, n, 10**12) == pytest.approx(correction, abs=1e-5)
    assert 13 / math.sqrt(16_900) == pytest.approx(0.1)


@pytest.mark.parametrize(("guesses", "error", "delta"), [(None, 1, 0), (1, 1, 1), (0, 0, 366 / 365), (3, 1, 363 / 365)])
def test_a_model_that_guesses_less_is_less_calibrated(guesses: int | None, error: float, delta: float) -> None:
    """The calibrated algorithm, one guess, three guesses, none; err and δ in units of MM·365/366."""
    random = np.random.default_rng(9)
    world = facts.zipf_facts(random, 300, 366, 0.8)
    prompts, answered = facts.sample(random, world, 200)
    seen = np.bincount(prompts[answered], minlength=300) > 0
    measured = facts.measure(world, prompts, answered)
    world_of_model = facts.memorizing_world(world, seen, guesses, random)
    result = is_it_valid.reduction(world_of_model)
    assert result.bound <= result.error + 1e-12
    if guesses is None:
        assert result.error == pytest.approx(measured.error)
        _, curve = is_it_valid.delta_curve(world_of_model)
        assert np.abs(curve).max() == pytest.approx(0, abs=1e-12)
    # A few guesses may be right.
    assert result.error == pytest.approx(measured.error * error, rel=0.02, abs=1e-12)
    assert result.delta == pytest.approx(measured.error * delta, rel=0.02, abs=1e-12)


# Theorem 3


def test_theorem_3_is_never_violated_and_the_slides_form_often() -> None:
    """2(1 − 1/C)·opt ≤ err always, with the largest possible constant; (2 − 1/C)·opt fails."""
    n, failed = draws(2_000, 20_000), 0
    for world in worlds(33, n, single=True):
        options = int(world.errors.min()) + 1
        opt, _ = is_it_valid.best_threshold(world)
        error = is_it_valid.error(world)
        assert error >= bounds.choice_bound(options, opt) - 1e-12
        failed += error < (2 - 1 / options) * opt - 1e-12
        t, curve = is_it_valid.threshold_curve(world)
        assert float((np.diff(t) * curve[:-1]).sum()) == pytest.approx(
            is_it_valid.mean_over_thresholds(world), abs=1e-12
        )
    assert failed > n / 20
    for options in (2, 3, 4, 6):
        row = [1 / options] * options
        even = make_world([1], [[1, *[0] * (options - 1)]], [row], [[True, *[False] * (options - 1)]])
        assert is_it_valid.error(even) / is_it_valid.best_threshold(even)[0] == pytest.approx(2 * (1 - 1 / options))


# Observations, and the scoring rule


def test_no_belief_about_binary_graders_makes_idk_best() -> None:
    """Observation 1, for random graders and beliefs."""
    random = np.random.default_rng(6)
    for _ in range(draws(2_000, 20_000)):
        graders, responses, idk = random.integers(1, 6), random.integers(1, 8), random.integers(1, 3)
        credit = (random.random((graders, responses + idk)) < random.random()).astype(float)
        abstains = np.arange(responses + idk) >= responses
        credit[:, abstains] = 0
        credit[np.arange(graders), random.integers(0, responses, graders)] = 1
        best = binary_graders.best_responses(credit, random.dirichlet(np.ones(graders)), abstains)
        assert not (best & abstains).any()


@pytest.mark.parametrize(
    ("credit", "says"),
    [
        ([[0.0, 0.5]], "0 or 1"),
        ([[1.0, 1.0]], "right answer to that question is IDK"),
        ([[0.0, 0.0]], "no right answer"),
    ],
)
def test_observation_1_refuses_graders_it_does_not_cover(credit: list[list[float]], says: str) -> None:
    """Partial credit, questions whose right answer is IDK, and questions without a right answer."""
    with pytest.raises(ValueError, match=says):
        binary_graders.best_responses(np.array(credit), np.ones(1), np.array([False, True]))


@pytest.mark.parametrize(("t", "literal"), [(0.25, -0.0417), (0.5, -0.25), (0.75, -1.125), (0.9, -4.05)])
def test_answering_exactly_above_the_target_earns_most(t: float, literal: float) -> None:
    """(1 − t)/2 with confidence uniform in [0, 1]; the paper's sentence taken literally, answering below t, loses."""
    q = (np.arange(200_000) + 0.5) / 200_000
    worth = q - (1 - q) * penalty(t)
    assert np.where(q > t, worth, 0).mean() == pytest.approx((1 - t) / 2, abs=1e-4)
    assert np.where(q < t, worth, 0).mean() == pytest.approx(literal, abs=1e-3)
    assert max(np.where(q > other, worth, 0).mean() for other in np.linspace(0, 0.99, 100)) <= (1 - t) / 2 + 1e-4


@pytest.mark.parametrize(
    ("knows", "abstains", "error", "bound"), [(0, 0, 0.9375, 0.8667), (0, 1, 0, -0.1333), (1, 0, 0, -0.1333)]
)
def test_observation_2_at_its_extremes(knows: float, abstains: float, error: float, bound: float) -> None:
    """Sixteen messages: a guess, always IDK (δ = 1), and a broken code (β = 1)."""
    result = decryption.measure_decryption(16, knows, abstains)
    assert (result.error, result.bound) == pytest.approx((error, bound), abs=1e-4)


@given(st.integers(2, 200), st.floats(0, 1), st.floats(0, 1))
def test_observation_2_is_never_violated(messages: int, knows: float, abstains: float) -> None:
    """For any share of broken codes and any probability of IDK."""
    result = decryption.measure_decryption(messages, knows, abstains)
    assert result.error >= result.bound - 1e-9
    assert -1e-9 <= result.beta <= 1 + 1e-9


def test_observation_2_where_half_the_probability_is_right() -> None:
    """p̂ is ½ on the right message and spread over the others: err .5, β 1, bound −.6333."""
    row = [0.5, *[0.5 / 15] * 15, 0.0]
    world = make_world([1], [[1, *[0] * 16]], [row], [[True, *[False] * 15, True]])
    result = is_it_valid.reduction(world)
    beta = 1 - 2 * result.error_iiv
    assert (result.error, beta) == pytest.approx((0.5, 1))
    assert bounds.decryption_bound(16, beta, result.delta) == pytest.approx(-0.6333, abs=1e-4)


# Agreement of several samples


@pytest.mark.parametrize(("k", "share"), [(5, 0.358), (10, 0.276), (20, 0.221)])
def test_a_vote_is_unbiased_unlike_the_share_of_the_most_frequent_answer(k: int, share: float) -> None:
    """Of ten equally likely answers each has probability .1; the most frequent of k has a larger share."""
    random = np.random.default_rng(14)
    n = draws(4_000, 40_000)
    answers = random.integers(0, 10, (n, k))
    graded = [[Grade.of(correct=False, answer=str(answer)) for answer in row] for row in answers]
    most = np.mean([np.bincount(row).max() / k for row in answers])
    assert most == pytest.approx(share, abs=0.01 if not FULL else 0.003)
    votes = [vote(row)[1] for row in graded]
    assert np.mean([one for one in votes if one is not None]) == pytest.approx(0.1, abs=4 * 0.22 / math.sqrt(n))
