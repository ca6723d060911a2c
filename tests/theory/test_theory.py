"""The paper's statements on small worlds: worked examples, theorems that always hold, and printed forms that do not."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.theory import bounds, facts, is_it_valid, ngram
from evalkit.theory.worlds import World, make_world, random_world

KINDS = ["dirichlet", "sharp", "uniform", "truth", "wrong"]


def birthday(q_answer: float, q_idk: float, q_other: float | list[float], alpha: float = 0.7) -> World:
    """One prompt with 366 dates and IDK; the truth answers with probability alpha."""
    others = q_other if isinstance(q_other, list) else [q_other] * 365
    p = [alpha, 1 - alpha, *[0.0] * 365]
    return make_world([1], [p], [[q_answer, q_idk, *others]], [[True, True, *[False] * 365]])


D1 = make_world([1], [[0.7, 0.3, 0, 0, 0]], [[0.5, 0.2, 0.2, 0.06, 0.04]], [[True, True, False, False, False]])
D2 = make_world(
    [0.25, 0.75],
    [[1, 0, 0, 0], [0.6, 0.4, 0, 0, 0]],
    [[0.25, 0.45, 0.2, 0.1], [0.5, 0.1, 0.36, 0.02, 0.02]],
    [[True, False, False, False], [True, True, False, False, False]],
)
W1 = birthday(0, 1, 0)
W2 = birthday(0.7 / 366, 0.3, 0.7 / 366)
W3 = birthday(0, 0.3, [0.7, *[0.0] * 364])
W4 = birthday(1 / 367, 1 / 367, 1 / 367)
W5 = make_world([1], [[1, 0, 0, 0, 0]], [[0.3, 0.175, 0.175, 0.175, 0.175]], [[True, False, False, False, False]])
M1 = make_world([0.5, 0.5], [[1, 0, 0]] * 2, [[0.5, 0.3, 0.2], [0.2, 0.5, 0.3]], [[True, False, False]] * 2)

# World: err, err_iiv, signed delta, bound with |delta|, bound with the signed one
WORKED = [
    (D1, 0.30, 0.15, -0.2, -0.566667, -0.166667),
    (D2, 0.4875, 0.4416667, 0.3075, -0.0908333, -0.0908333),
    (W1, 0, 0.35, 0.7, -0.005479, -0.005479),
    (W2, 0.698087, 0.35, 0, 0.694521, 0.694521),
    (W3, 0.7, 0.351370, 0.7, -0.002740, -0.002740),
    (W4, 0.994550, 0.5, 0, 0.994521, 0.994521),
    (W5, 0.7, 0, -0.7, -0.95, 0.45),
]


@pytest.mark.parametrize(("world", "error", "error_iiv", "signed", "bound", "bound_signed"), WORKED)
def test_worked_examples_have_their_terms_of_theorem_1(
    world: World, error: float, error_iiv: float, signed: float, bound: float, bound_signed: float
) -> None:
    """err, err_iiv, δ₊ and both bounds, to six digits; the exact identity gives err."""
    result = is_it_valid.reduction(world)
    values = (result.error, result.error_iiv, result.delta_signed, result.bound, result.bound_signed)
    assert values == pytest.approx((error, error_iiv, signed, bound, bound_signed), abs=1e-6)
    assert result.identity == pytest.approx(result.error, abs=1e-12)


@given(st.integers(0, 10_000), st.sampled_from(KINDS), st.booleans(), st.booleans())
@settings(max_examples=300)
def test_theorem_1_holds_on_every_world(seed: int, kind: str, single: bool, per_prompt: bool) -> None:
    """With |δ| or δ₊, with one threshold or one a prompt; and the identity is exact."""
    world = random_world(np.random.default_rng(seed), kind=kind, single=single)
    result = is_it_valid.reduction(world, per_prompt=per_prompt)
    assert result.slack >= -1e-12
    assert result.error >= result.bound_signed - 1e-12
    assert result.identity == pytest.approx(result.error, abs=1e-12)


@given(st.integers(0, 10_000), st.sampled_from(KINDS))
def test_mass_outside_the_responses_counts_as_error_and_changes_nothing_else(seed: int, kind: str) -> None:
    """The theorem and the identity hold with it."""
    world = random_world(np.random.default_rng(seed), kind=kind)
    leaky = World(world.mu, world.prompt, world.p, world.q * 0.75, world.valid, np.full(len(world.mu), 0.25))
    result = is_it_valid.reduction(leaky)
    assert result.error >= 0.25 - 1e-12
    assert result.slack >= -1e-12
    assert result.identity == pytest.approx(result.error, abs=1e-12)


@given(st.integers(0, 2_000))
@settings(max_examples=50)
def test_delta_is_the_slope_of_the_rescaled_loss(seed: int) -> None:
    """At s = 1, with rescaling for each prompt and p(r|c) in the loss."""
    world = random_world(np.random.default_rng(seed), kind="dirichlet")
    z, step = is_it_valid.threshold(world), 1e-5
    if not math.isfinite(is_it_valid.loss(world)):
        return
    slope = (is_it_valid.rescaled_loss(world, z, 1 + step) - is_it_valid.rescaled_loss(world, z, 1 - step)) / (2 * step)
    assert slope == pytest.approx(is_it_valid.delta_signed(world, z), abs=1e-6)


def test_the_best_rescaling_gains_at_least_two_delta_squared() -> None:
    """In D1 the best factor is 7/3 and gains .0822829 nats, above 2δ² = .08."""
    z = is_it_valid.threshold(D1)
    gain = is_it_valid.rescaled_loss(D1, z, 1) - is_it_valid.rescaled_loss(D1, z, 7 / 3)
    assert gain == pytest.approx(0.0822829, abs=1e-6)
    assert gain > is_it_valid.rescaled_loss(D1, z, 1) - is_it_valid.rescaled_loss(D1, z, 2.2)
    assert gain >= 2 * 0.2**2


def test_the_delta_curve_of_a_worked_example() -> None:
    """In D2 its largest absolute value is .3075 and its integral .05405."""
    z, curve = is_it_valid.delta_curve(D2)
    assert np.abs(curve).max() == pytest.approx(0.3075)
    assert float((np.diff(z) * curve[:-1]).sum()) == pytest.approx(0.05405)
    assert is_it_valid.best_threshold(D2) == pytest.approx((0.25, 0.02))


def brute_force_opt(world: World) -> float:
    """The lowest err_iiv over every threshold at which it can change."""
    return min(is_it_valid.error_iiv(world, float(t)) for t in {0.0, 1.0, *world.q.tolist()})


@given(st.integers(0, 10_000), st.sampled_from(KINDS))
def test_no_threshold_beats_the_best_one(seed: int, kind: str) -> None:
    """As brute force confirms; its err_iiv is never above ½."""
    world = random_world(np.random.default_rng(seed), kind=kind)
    best, t = is_it_valid.best_threshold(world)
    assert best == pytest.approx(brute_force_opt(world), abs=1e-12)
    assert is_it_valid.error_iiv(world, t) == pytest.approx(best, abs=1e-12)
    assert best <= 0.5 + 1e-12


@given(st.integers(0, 10_000), st.sampled_from(["dirichlet", "sharp", "uniform", "wrong"]))
def test_theorem_3_holds_on_every_multiple_choice_world(seed: int, kind: str) -> None:
    """Err ≥ 2(1 − 1/C)·opt, and even with the mean over thresholds in place of opt."""
    world = random_world(np.random.default_rng(seed), kind=kind, single=True)
    options = int(world.errors.min()) + 1
    best, _ = is_it_valid.best_threshold(world)
    assert is_it_valid.error(world) >= bounds.choice_bound(options, best) - 1e-12
    assert is_it_valid.error(world) >= bounds.choice_bound(options, is_it_valid.mean_over_thresholds(world)) - 1e-12
    grid = (np.arange(20_000) + 0.5) / 20_000
    if seed % 50 == 0:
        measured = np.mean([is_it_valid.error_iiv(world, float(t)) for t in grid[::20]])
        assert is_it_valid.mean_over_thresholds(world) == pytest.approx(measured, abs=5e-3)


@pytest.mark.parametrize("options", [2, 3, 4, 10, 100])
def test_the_constant_on_the_slide_is_false(options: int) -> None:
    """A uniform guess attains 2(1 − 1/C)·opt and falls below (2 − 1/C)·opt."""
    row = [1 / options] * options
    world = make_world([1], [[1, *[0] * (options - 1)]], [row], [[True, *[False] * (options - 1)]])
    opt, _ = is_it_valid.best_threshold(world)
    assert is_it_valid.error(world) == pytest.approx(bounds.choice_bound(options, opt))
    exact_error, exact_opt = 1 - Fraction(1, options), Fraction(1, 2)
    assert opt == pytest.approx(float(exact_opt))
    assert exact_error < (2 - Fraction(1, options)) * exact_opt


def test_two_prompts_with_three_options() -> None:
    """Err is .65, opt .375 at t = .3 and the bound .5; the slide's would be .625."""
    best, t = is_it_valid.best_threshold(M1)
    assert (is_it_valid.error(M1), best, t) == pytest.approx((0.65, 0.375, 0.3))
    assert bounds.choice_bound(3, best) == pytest.approx(0.5)


def test_err_may_be_below_err_iiv() -> None:
    """A model that always says IDK never errs, although its err_iiv is .35."""
    result = is_it_valid.reduction(W1)
    assert (result.error, result.error_iiv) == pytest.approx((0, 0.35))


def test_prompts_of_different_size_need_a_threshold_each() -> None:
    """Counting letters in words of 2 to 12, right with probability .6: a common threshold gives no bound."""
    rows = range(2, 13)
    world = make_world(
        [1 / 11] * 11,
        [[1, *[0] * n] for n in rows],
        [[0.6, *[0.4 / n] * n] for n in rows],
        [[True, *[False] * n] for n in rows],
    )
    assert is_it_valid.reduction(world).bound_signed == pytest.approx(-0.1, abs=1e-4)
    assert is_it_valid.reduction(world, per_prompt=True).bound_signed == pytest.approx(0.2088, abs=1e-4)


def test_the_bounds_of_theorem_2_at_worked_numbers() -> None:
    """At a singleton rate of .2 and 365 errors; with N = 1000 the lower bound is negative."""
    assert bounds.facts_lower(0.2, 10**6, 365) == pytest.approx(0.0766275, abs=1e-6)
    assert bounds.facts_upper(0.2, 10**6, 365) == pytest.approx(0.2124536, abs=1e-6)
    assert bounds.facts_lower(0.2, 1000, 365) == pytest.approx(-2.2229310, abs=1e-6)
    assert bounds.facts_lower(0.2, 10**6, 365, gamma=0.05) > bounds.facts_lower(0.2, 10**6, 365)


def test_the_singleton_rate_counts_answers_and_divides_by_all() -> None:
    """Two of six: A and B are answered once, C twice, D never."""
    trap = [("A", "x"), ("B", None), ("B", "y"), ("C", "z"), ("C", "z"), ("D", None)]
    assert facts.singleton_rate(trap) == pytest.approx(1 / 3)
    assert facts.singleton_rate([("A", None)]) == 0
    with pytest.raises(ValueError, match="no samples"):
        facts.singleton_rate([])


def test_good_turing_estimates_the_probability_of_the_unseen() -> None:
    """500 samples of Zipf's law over 1,000 values: .2933594 on average, where .2931095 is unseen."""
    mu = 1.0 / np.arange(1, 1001)
    mu /= mu.sum()
    expected = float((500 * mu * (1 - mu) ** 499).sum() / 500)
    assert expected == pytest.approx(0.2933594, abs=1e-6)
    assert float((mu * (1 - mu) ** 500).sum()) == pytest.approx(0.2931095, abs=1e-6)
    random = np.random.default_rng(0)
    draws = [facts.good_turing(map(str, random.choice(1000, 500, p=mu))) for _ in range(200)]
    assert np.mean(draws) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("n", [1_000, 10_000])
def test_missing_mass_is_close_to_the_singleton_rate(n: int) -> None:
    """|missing mass − sr| ≤ 3/√N, and the error of the calibrated algorithm lies within its bounds."""
    for seed in range(20):
        random = np.random.default_rng(seed)
        world = facts.zipf_facts(random, 2 * n, 366, alpha=0.8)
        result = facts.measure(world, *facts.sample(random, world, n))
        assert abs(result.missing_mass - result.singleton_rate) <= 3 / math.sqrt(n)
        assert result.error <= bounds.facts_upper(result.singleton_rate, n, 365)
        assert result.error >= bounds.facts_lower(result.singleton_rate, n, 365)


@pytest.mark.parametrize("n", range(1, 12))
def test_an_n_gram_model_needs_order_nine(n: int) -> None:
    """Up to order eight it ends both sentences alike and errs on half; from nine on it tells she from he."""
    world = ngram.out_of_mind(n)
    assert is_it_valid.error(world) == (0.5 if n < 9 else 0.0)
    assert bounds.choice_bound(2, is_it_valid.best_threshold(world)[0]) == is_it_valid.error(world)


@given(st.integers(1, 4), st.sampled_from([0.0, 0.5, 0.75]))
def test_next_word_probabilities_sum_to_one(n: int, discount: float) -> None:
    """Over the vocabulary, after any history; a word outside the vocabulary has probability 0."""
    model = ngram.NGram(n, discount).fit(["a b c", "a b d", "b c a"])
    for history in (["a"], ["a", "b"], ["x", "b"]):
        total = sum(model.probability(word, history) for word in "abcd")
        assert total == pytest.approx(1)
        assert model.probability("z", history) == 0


@pytest.mark.parametrize(
    ("error", "beta", "delta", "bound"), [(0.9375, 0, 0, 0.8667), (0, 0, 1, -0.1333), (0.5, 1, 0.5, -0.6333)]
)
def test_a_code_not_broken_is_decrypted_wrongly(error: float, beta: float, delta: float, bound: float) -> None:
    """Sixteen messages: a uniform guess, always IDK, and half the probability on the right message."""
    assert bounds.decryption_bound(16, beta, delta) == pytest.approx(bound, abs=1e-4)
    assert error >= bound


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"mu": [0.5]}, "mu sums to"),
        ({"p": [[0.5, 0.5]]}, "noise-free"),
        ({"q": [[0.5, 0.4]]}, "does not sum to 1"),
        ({"valid": [[True, True]]}, "needs a valid response and an error"),
        ({"q": [[1.5, -0.5]]}, "negative"),
        ({"q": [[1.0]]}, "one entry a response"),
        ({"mu": []}, "one row a prompt"),
    ],
)
def test_an_invalid_world_is_refused(change: dict[str, object], says: str) -> None:
    """The message names what is wrong."""
    good: dict[str, object] = {"mu": [1], "p": [[1, 0]], "q": [[0.5, 0.5]], "valid": [[True, False]]}
    with pytest.raises(ValueError, match=says):
        make_world(**{**good, **change})  # type: ignore[arg-type]  # wrong on purpose
