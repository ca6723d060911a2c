"""Confidences against being right, and answers against stated targets."""

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
    """The theory's reference vector V."""
    draw = np.random.default_rng(100)
    q = draw.beta(2, 1, 1000)
    p = 1 / (1 + np.exp(-1.8 * np.log(q / (1 - q))))
    return p, (draw.random(1000) < q).astype(float)


def test_the_hand_vector() -> None:
    """Six answers, every number of the theory's T6."""
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


def test_constant_confidence() -> None:
    """Says nothing: AUROC and AURC ½, AUGRC ¼, ECE 0 where half is right."""
    p, y = [0.5] * 10, [1, 0] * 5
    assert (calibration.auroc(p, y), calibration.aurc(p, y), calibration.augrc(p, y)) == (0.5, 0.5, 0.25)
    assert calibration.ece(p, y) == 0


def test_the_reference_vector() -> None:
    """A thousand answers of an overconfident model; every number of the theory's V."""
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
    """AUROC with ties and the Brier score."""
    p, y = zip(*answers, strict=True)
    assert calibration.brier(p, y) == pytest.approx(np.mean((np.array(p) - np.array(y)) ** 2))
    if len(set(y)) == 2:
        assert calibration.auroc(p, y) == pytest.approx(metrics.roc_auc_score(y, p))
        assert calibration.brier(p, y) == pytest.approx(metrics.brier_score_loss(y, p))
    else:
        assert calibration.auroc(p, y) is None


@given(ANSWERS)
def test_the_identities_of_the_theory(answers: list[tuple[float, bool]]) -> None:
    """Murphy's parts add up; AUGRC follows from AUROC; the Brier-weight average is accuracy less Brier."""
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
    """By width and by mass."""
    p, y = zip(*answers, strict=True)
    sorts: tuple[calibration.Bins, ...] = ("width", "mass")
    for by in sorts:
        assert sum(part.n for part in calibration.reliability(p, y, by=by)) == len(p)


@pytest.mark.parametrize(("p", "y"), [([], []), ([1.5], [1]), ([0.5], [2]), ([0.5, 0.5], [1]), ([float("nan")], [1])])
def test_what_is_no_confidence_is_refused(p: list[float], y: list[float]) -> None:
    """Nothing, out of range, another code, different lengths."""
    with pytest.raises(ValueError, match=r"confidence|outcome"):
        calibration.brier(p, y)


def simulated(policy: str) -> NDArray[np.int64]:
    """20,000 questions answered by a policy, as in the theory's table."""
    draw = np.random.default_rng(808)
    q = draw.beta(1.2, 1.2, 20000)
    right = draw.random(20000) < q
    logit = np.log(q / (1 - q))
    shift = {"overconfident": 1.5, "underconfident": -1.5}.get(policy, 0.0)
    believed = 1 / (1 + np.exp(-(logit + shift)))

    def answers(t: float) -> NDArray[np.bool_]:
        fixed = {"always": right | ~right, "blind": q > 0.5, "never": right & ~right}
        told: NDArray[np.bool_] = fixed[policy] if policy in fixed else (believed > t) | (t == 0)
        return told

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
def test_the_policies_of_the_theory(policy: str, scores: tuple[float, ...], gaps: tuple[float, ...]) -> None:
    """Scores and incentive gaps of the table, within what another draw of the same world may move them."""
    found = behavioural_calibration.behaviour(simulated(policy), TS)
    for at, score, gap in zip(found.targets, scores, gaps, strict=True):
        slack = 0.012 / (1 - at.t)
        assert at.score == pytest.approx(score, abs=slack)
        assert at.incentive_gap == pytest.approx(gap, abs=slack)
    assert found.non_monotone == 0


def test_never_answering_passes_the_accuracy_test_and_is_not_called_calibrated() -> None:
    """Deficiency 0, and no number that says calibrated: nothing was answered."""
    found = behavioural_calibration.behaviour(simulated("never"), TS)
    assert all(at.deficiency == 0 and at.deficiency_p is None for at in found.targets)
    assert found.bce is None
    assert found.never_answered == 20000


def test_on_what_it_refused_the_underconfident_model_would_have_been_right() -> None:
    """The false-negative side, which accuracy given attempted cannot see."""
    at = behavioural_calibration.behaviour(simulated("underconfident"), TS).targets[2]
    assert at.deficiency == 0
    assert at.refused_accuracy is not None
    assert at.refused_accuracy > 0.3
    assert at.wrongful_abstentions is not None
    assert at.wrongful_abstentions > 0.2
    assert at.regret_at_least == 0  # of all refused together, fewer than half are right: a bound, not the regret


@given(st.integers(0, 40), st.integers(0, 40), st.floats(0, 0.99))
def test_the_exact_tail_is_scipys(c: int, more: int, p: float) -> None:
    """P[Bin ≤ c]."""
    assert behavioural_calibration.binomial_tail(c, c + more, p) == pytest.approx(
        stats.binom.cdf(c, c + more, p), abs=1e-9
    )


@given(st.lists(st.lists(st.integers(0, 2), min_size=3, max_size=3), min_size=1, max_size=12))
def test_bounds_of_the_audit(rows: list[list[int]]) -> None:
    """Gaps, regrets and rates are never negative; flips are the fewest, by enumeration."""
    found = behavioural_calibration.behaviour(np.array(rows), (0, 0.5, 0.9))
    for at in found.targets:
        assert at.incentive_gap >= -1e-12
        assert at.regret_at_least >= 0
        assert at.correct + at.error + at.idk == len(rows)
    patterns = [[True] * k + [False] * (3 - k) for k in range(4)]
    fewest = sum(
        min(sum(a != (code != 2) for a, code in zip(pattern, row, strict=True)) for pattern in patterns) for row in rows
    )
    assert found.flip_rate == pytest.approx(fewest / (3 * len(rows)))
    violating = sum(any(row[k] == 2 and row[j] != 2 for k, j in itertools.combinations(range(3), 2)) for row in rows)
    assert found.non_monotone == pytest.approx(violating / len(rows))


def test_targets_and_outcomes_that_are_none_are_refused() -> None:
    """Falling targets, other codes, another shape."""
    for rows, ts in (([[0, 1]], (0.5, 0.1)), ([[0, 7]], (0, 0.5)), ([[0]], (0, 0.5)), ([], ())):
        with pytest.raises(ValueError, match=r"rise|outcome"):
            behavioural_calibration.behaviour(np.array(rows), ts)
