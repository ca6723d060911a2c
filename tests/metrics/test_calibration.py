"""Confidences against correctness, and answers against stated targets."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics

from evalkit.metrics import averages, behavioural_calibration, calibration, threshold

T6 = ((0.9, 0.8, 0.8, 0.6, 0.55, 0.3), (1, 1, 0, 1, 0, 0))
TS = (0, 0.25, 0.5, 0.75, 0.9)
ANSWERS = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.55, 0.9, 1.0]), st.booleans()), min_size=2, max_size=40)


def reference() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A thousand answers of an overconfident model."""
    draw = np.random.default_rng(100)
    q = draw.beta(2, 1, 1000)
    p = 1 / (1 + np.exp(-1.8 * np.log(q / (1 - q))))
    return p, (draw.random(1000) < q).astype(float)


def test_six_answers_give_the_numbers_computed_by_hand() -> None:
    """Six answers, small enough to compute every number by hand."""
    p, y = T6
    assert calibration.brier(p, y) == pytest.approx(0.2070833, abs=1e-7)
    assert calibration.ece(p, y) == pytest.approx(0.1916667, abs=1e-7)
    assert calibration.auroc(p, y) == pytest.approx(0.8333333, abs=1e-7)
    assert calibration.aurc(p, y) == pytest.approx(0.2888889, abs=1e-7)
    assert calibration.best_aurc(y) == pytest.approx(0.1916667, abs=1e-7)
    assert calibration.augrc(p, y) == pytest.approx(0.1666667, abs=1e-7)
    assert calibration.smooth_ece(p, y) == pytest.approx(0.1583, abs=2e-3)
    assert calibration.murphy(p, y) == pytest.approx((0.12375, 0.1666667, 0.25), abs=1e-7)
    scores = [threshold.score(*calibration.counts_at(p, y, t), t) for t in (0, 0.3, 0.55, 0.6, 0.8, 0.9)]
    assert scores == pytest.approx([0.5, 0.3571429, 0.2962963, 0.0833333, 0.1666667, 0], abs=1e-7)
    expectations: dict[averages.Weight, float] = {"uniform": 0.1975632, "brier": 0.2929167}
    for weight, expected in expectations.items():
        mean = np.mean([averages.confidence_score(a, bool(b), weight) for a, b in zip(p, y, strict=True)])
        assert mean == pytest.approx(expected, abs=1e-7)


def test_constant_confidence_tells_nothing_apart() -> None:
    """AUROC and AURC are ½, AUGRC is ¼, and ECE is 0 where half the answers are right."""
    p, y = [0.5] * 10, [1, 0] * 5
    assert (calibration.auroc(p, y), calibration.aurc(p, y), calibration.augrc(p, y)) == (0.5, 0.5, 0.25)
    assert calibration.ece(p, y) == 0


def test_an_overconfident_model_has_the_reference_numbers() -> None:
    """Every measure of calibration and discrimination, on a thousand answers."""
    p, y = reference()
    assert y.mean() == pytest.approx(0.664)
    assert calibration.brier(p, y) == pytest.approx(0.17706113, abs=1e-8)
    assert calibration.ece(p, y) == pytest.approx(0.09423577, abs=1e-8)
    assert calibration.ece(p, y, bins=15) == pytest.approx(0.09149959, abs=1e-8)
    assert calibration.ece(p, y, by="mass") == pytest.approx(0.09007301, abs=1e-8)
    assert calibration.debiased_squared_error(p, y) == pytest.approx(0.00849086, abs=1e-8)
    assert calibration.smooth_ece(p, y) == pytest.approx(0.0889, abs=1.2e-3)
    assert calibration.auroc(p, y) == pytest.approx(0.8028722, abs=1e-7)
    assert calibration.aurc(p, y) == pytest.approx(0.14398427, abs=1e-8)
    assert calibration.best_aurc(y) == pytest.approx(0.06427777, abs=1e-8)
    assert calibration.augrc(p, y) == pytest.approx(0.10042800, abs=1e-8)


@given(ANSWERS)
def test_agrees_with_scikit_learn(answers: list[tuple[float, bool]]) -> None:
    """AUROC, with ties, and the Brier score."""
    p, y = zip(*answers, strict=True)
    assert calibration.brier(p, y) == pytest.approx(np.mean((np.array(p) - np.array(y)) ** 2))
    if len(set(y)) == 2:
        assert calibration.auroc(p, y) == pytest.approx(metrics.roc_auc_score(y, p))
        assert calibration.brier(p, y) == pytest.approx(metrics.brier_score_loss(y, p))
    else:
        assert calibration.auroc(p, y) is None


@given(ANSWERS)
def test_the_measures_satisfy_their_identities(answers: list[tuple[float, bool]]) -> None:
    """Murphy's parts add up; AUGRC follows from AUROC; the Brier-weight average is accuracy − Brier score."""
    p, y = (np.array(values, float) for values in zip(*answers, strict=True))
    parts = calibration.murphy(p, y)
    assert calibration.brier(p, y) == pytest.approx(parts.reliability - parts.resolution + parts.uncertainty)
    a, area = y.mean(), calibration.auroc(p, y)
    if area is not None:
        assert calibration.augrc(p, y) == pytest.approx((1 - area) * a * (1 - a) + 0.5 * (1 - a) ** 2)
    mean = np.mean([averages.confidence_score(c, bool(r), "brier") for c, r in answers])
    assert mean == pytest.approx(a - calibration.brier(p, y))
    assert calibration.best_aurc(y) <= calibration.aurc(p, y) + 1e-9


@given(ANSWERS)
def test_a_histogram_holds_every_answer_once(answers: list[tuple[float, bool]]) -> None:
    """Whether its bins have equal width or equal mass."""
    p, y = zip(*answers, strict=True)
    kinds: tuple[calibration.Bins, ...] = ("width", "mass")
    for by in kinds:
        assert sum(part.n for part in calibration.reliability(p, y, by=by)) == len(p)


@given(st.integers(1, 30), st.integers(0, 30))
def test_a_probability_on_an_edge_belongs_to_the_bin_below(bins: int, edge: int) -> None:
    """Whatever its last digit: 0.7 lies in (0.6, 0.7], although 0.7·10 is above 7 in floating point."""
    edge = min(edge, bins)
    (number,) = calibration.bin_numbers(np.array([edge / bins]), bins)
    assert number == max(edge - 1, 0)


def test_a_histogram_without_bins_is_refused() -> None:
    """At least one is needed."""
    with pytest.raises(ValueError, match="bins=0 must be at least 1"):
        calibration.reliability([0.5], [1], bins=0)


def test_answers_below_the_target_count_as_idk() -> None:
    """A confidence of exactly t is not above it; t is checked like any confidence target."""
    p, y = T6
    assert calibration.counts_at(p, y, 0.8) == (1, 0, 5)
    with pytest.raises(ValueError, match="confidence target 1 is out of range"):
        calibration.counts_at(p, y, 1)


@pytest.mark.parametrize(("p", "y"), [([], []), ([1.5], [1]), ([0.5], [2]), ([0.5, 0.5], [1]), ([float("nan")], [1])])
def test_invalid_confidences_and_outcomes_are_refused(p: list[float], y: list[float]) -> None:
    """No answers, a confidence out of range, an outcome that is not 0 or 1, arrays of different lengths."""
    with pytest.raises(ValueError, match=r"confidence|outcome"):
        calibration.brier(p, y)


def simulated(policy: str) -> NDArray[np.int64]:
    """20,000 questions answered under a policy."""
    draw = np.random.default_rng(808)
    q = draw.beta(1.2, 1.2, 20000)
    right = draw.random(20000) < q
    logit = np.log(q / (1 - q))
    shift = {"overconfident": 1.5, "underconfident": -1.5}.get(policy, 0.0)
    believed = 1 / (1 + np.exp(-(logit + shift)))

    def answers(t: float) -> NDArray[np.bool_]:
        fixed = {"always": right | ~right, "blind": q > 0.5, "never": right & ~right}
        answer: NDArray[np.bool_] = fixed[policy] if policy in fixed else (believed > t) | (t == 0)
        return answer

    return np.column_stack([np.where(answers(t), np.where(right, 0, 1), 2) for t in TS])


@pytest.mark.parametrize(
    ("policy", "scores", "gaps"),
    [
        ("oracle", (0.4933, 0.3593, 0.2223, 0.0983, 0.0341), (0, 0, 0, 0, 0)),
        ("overconfident", (0.4933, 0.3381, 0.1140, -0.1807, -0.2684), (0, 0.0184, 0.0989, 0.2591, 0.2684)),
        ("underconfident", (0.4933, 0.2705, 0.1251, 0.0410, 0.0114), (0, 0.0539, 0.0890, 0.0533, 0.0170)),
        ("always", (0.4933, 0.3244, -0.0134, -1.0268, -4.0670), (0, 0, 0.0134, 1.0268, 4.0670)),
        ("blind", (0.3582, 0.3129, 0.2223, -0.0493, -0.8641), (0, 0, 0, 0.0493, 0.8641)),
    ],
)
def test_policies_have_the_expected_scores_and_incentive_gaps(
    policy: str, scores: tuple[float, ...], gaps: tuple[float, ...]
) -> None:
    """Within the sampling error of another draw of the same world."""
    result = behavioural_calibration.behaviour(simulated(policy), TS)
    for at, score, gap in zip(result.targets, scores, gaps, strict=True):
        slack = 0.012 / (1 - at.t)
        assert at.score == pytest.approx(score, abs=slack)
        assert at.incentive_gap == pytest.approx(gap, abs=slack)
    assert result.non_monotone == 0


def test_never_answering_passes_the_accuracy_test_and_is_not_called_calibrated() -> None:
    """Its deficiency is 0, but it has no calibration error, since nothing was answered."""
    result = behavioural_calibration.behaviour(simulated("never"), TS)
    assert all(at.deficiency == 0 and at.deficiency_p is None for at in result.targets)
    assert result.bce is None
    assert result.never_answered == 20000


def test_an_underconfident_model_would_have_been_right_on_questions_it_refused() -> None:
    """These false negatives do not show in accuracy given attempted."""
    at = behavioural_calibration.behaviour(simulated("underconfident"), TS).targets[2]
    assert at.deficiency == 0
    assert at.refused_accuracy is not None
    assert at.refused_accuracy > 0.3
    assert at.wrongful_abstentions is not None
    assert at.wrongful_abstentions > 0.2
    assert at.regret_at_least == 0  # of all refused together, fewer than half are right: a bound, not the regret


@given(st.integers(0, 40), st.integers(0, 40), st.floats(0, 0.99))
def test_the_exact_tail_is_scipys(c: int, more: int, p: float) -> None:
    """P[Bin(n, p) ≤ c], for any n and p."""
    assert behavioural_calibration.binomial_tail(c, c + more, p) == pytest.approx(
        stats.binom.cdf(c, c + more, p), abs=1e-9
    )


@given(st.lists(st.lists(st.integers(0, 2), min_size=3, max_size=3), min_size=1, max_size=12))
def test_rates_of_behavioural_calibration_stay_in_range(rows: list[list[int]]) -> None:
    """Gaps and regrets are never negative; flips are the fewest possible, as enumeration confirms."""
    result = behavioural_calibration.behaviour(np.array(rows), (0, 0.5, 0.9))
    for at in result.targets:
        assert at.incentive_gap >= -1e-12
        assert at.regret_at_least >= 0
        assert at.correct + at.error + at.idk == len(rows)
    patterns = [[True] * k + [False] * (3 - k) for k in range(4)]
    fewest = sum(
        min(sum(a != (code != 2) for a, code in zip(pattern, row, strict=True)) for pattern in patterns) for row in rows
    )
    assert result.flip_rate == pytest.approx(fewest / (3 * len(rows)))
    violating = sum(any(row[k] == 2 and row[j] != 2 for k, j in itertools.combinations(range(3), 2)) for row in rows)
    assert result.non_monotone == pytest.approx(violating / len(rows))


def test_invalid_targets_and_outcomes_are_refused() -> None:
    """Targets that fall, an unknown code, a shape that does not fit, no questions."""
    for rows, ts in (([[0, 1]], (0.5, 0.1)), ([[0, 7]], (0, 0.5)), ([[0]], (0, 0.5)), ([], ())):
        with pytest.raises(ValueError, match=r"rise|outcome"):
            behavioural_calibration.behaviour(np.array(rows), ts)
