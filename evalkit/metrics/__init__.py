"""Scores, error bars, comparisons and calibration: everything that evalkit computes from outcomes.

Pure functions of numbers and numpy arrays. They import nothing of evalkit beyond this package, so that they can be
used on the results of any harness:

>>> from evalkit import metrics
>>> metrics.score(correct=40, error=50, idk=10, t=0.75)
-1.1
>>> [round(end, 2) for end in metrics.dirichlet_interval(40, 50, 10, metrics.penalty(0.75))]
[-1.46, -0.72]

| module | holds |
|---|---|
| `outcomes` | the codes of outcomes in arrays, and `Counts` |
| `threshold` | the scoring rule: `ConfidenceTarget`, the penalty t/(1−t), S_t, N_t, the decision curve |
| `rates` | accuracy, coverage, the three hallucination rates, SimpleQA's F, the Omniscience index |
| `averages` | averages of the score over t, and the proper scoring rules they imply |
| `intervals` | standard errors and intervals of scores and shares; items, epochs and clusters |
| `measurement` | `Measurement`: one condition on one set of items, with missing answers as a range |
| `paired` | two models on the same questions: difference, exact test, crossing, power, sample size |
| `rank_sets` | many models: Holm's correction, bands over all t, rank confidence sets, who leads where |
| `calibration` | confidences against correctness: ECE, smooth ECE, Brier, Murphy, AUROC, AURC, AUGRC |
| `behavioural_calibration` | one model under several stated targets |
| `evaluation` | how a metric registered with `@evalkit.metric` is computed |
| `catalog` | the metrics that evalkit registers itself |

Counts come in the order correct, error, IDK; t is a confidence target, 0 ≤ t < 1; scores are points per question. A
quantity that is undefined is None, never 0. Invalid input raises ValueError, and TypeError where a number is not one.
Names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalkit.metrics.averages import beta_average, confidence_score, grid_average, integral_score, mean_normalized
    from evalkit.metrics.behavioural_calibration import AtTarget, Band, Behaviour, behaviour, binomial_tail
    from evalkit.metrics.calibration import (
        Bin,
        Murphy,
        RiskCoverage,
        augrc,
        aurc,
        auroc,
        best_aurc,
        bin_numbers,
        brier,
        counts_at,
        debiased_squared_error,
        ece,
        murphy,
        reliability,
        risk_coverage,
        smooth_ece,
    )
    from evalkit.metrics.evaluation import compute_metric, item_counts, total_counts
    from evalkit.metrics.intervals import (
        Bounds,
        ClusterMean,
        ItemMean,
        VarianceParts,
        cluster_mean,
        dirichlet_interval,
        dirichlet_intervals,
        item_mean,
        share_interval,
        standard_error,
        variance_parts,
    )
    from evalkit.metrics.measurement import AbstentionQuality, Estimate, Measurement, Pattern, Rates, Span
    from evalkit.metrics.outcomes import CODES, CORRECT, ERROR, GRADED, IDK, MISSING, OUTCOMES, Counts
    from evalkit.metrics.paired import (
        Crossing,
        Difference,
        FiellerSet,
        achieved_power,
        crossing,
        crossing_interval,
        difference,
        sample_size,
        sign_flip,
        sign_flip_of_differences,
        size_for_half_width,
        variance_of_difference,
        z_test,
    )
    from evalkit.metrics.rank_sets import RankSet, Reign, holm, rank_confidence_sets, simultaneous_band, winners
    from evalkit.metrics.rates import (
        abstention_rate,
        accuracy,
        accuracy_given_attempted,
        breakeven,
        coverage,
        error_given_attempted,
        error_given_not_correct,
        error_rate,
        omniscience_index,
        simpleqa_f,
    )
    from evalkit.metrics.threshold import (
        ConfidenceTarget,
        DecisionCurve,
        check_counts,
        check_threshold,
        decision_curve,
        normalized_score,
        penalty,
        score,
        sweep,
    )

__all__ = [
    "CODES",
    "CORRECT",
    "ERROR",
    "GRADED",
    "IDK",
    "MISSING",
    "OUTCOMES",
    "AbstentionQuality",
    "AtTarget",
    "Band",
    "Behaviour",
    "Bin",
    "Bounds",
    "ClusterMean",
    "ConfidenceTarget",
    "Counts",
    "Crossing",
    "DecisionCurve",
    "Difference",
    "Estimate",
    "FiellerSet",
    "ItemMean",
    "Measurement",
    "Murphy",
    "Pattern",
    "RankSet",
    "Rates",
    "Reign",
    "RiskCoverage",
    "Span",
    "VarianceParts",
    "abstention_rate",
    "accuracy",
    "accuracy_given_attempted",
    "achieved_power",
    "augrc",
    "aurc",
    "auroc",
    "behaviour",
    "best_aurc",
    "beta_average",
    "bin_numbers",
    "binomial_tail",
    "breakeven",
    "brier",
    "check_counts",
    "check_threshold",
    "cluster_mean",
    "compute_metric",
    "confidence_score",
    "counts_at",
    "coverage",
    "crossing",
    "crossing_interval",
    "debiased_squared_error",
    "decision_curve",
    "difference",
    "dirichlet_interval",
    "dirichlet_intervals",
    "ece",
    "error_given_attempted",
    "error_given_not_correct",
    "error_rate",
    "grid_average",
    "holm",
    "integral_score",
    "item_counts",
    "item_mean",
    "mean_normalized",
    "murphy",
    "normalized_score",
    "omniscience_index",
    "penalty",
    "rank_confidence_sets",
    "reliability",
    "risk_coverage",
    "sample_size",
    "score",
    "share_interval",
    "sign_flip",
    "sign_flip_of_differences",
    "simpleqa_f",
    "simultaneous_band",
    "size_for_half_width",
    "smooth_ece",
    "standard_error",
    "sweep",
    "total_counts",
    "variance_of_difference",
    "variance_parts",
    "winners",
    "z_test",
]

_HOMES = {
    name: module
    for module, names in {
        "averages": "beta_average confidence_score grid_average integral_score mean_normalized",
        "behavioural_calibration": "AtTarget Band Behaviour behaviour binomial_tail",
        "calibration": """
            Bin Murphy RiskCoverage augrc aurc auroc best_aurc bin_numbers brier counts_at
            debiased_squared_error ece murphy reliability risk_coverage smooth_ece""",
        "evaluation": "compute_metric item_counts total_counts",
        "intervals": """
            Bounds ClusterMean ItemMean VarianceParts cluster_mean dirichlet_interval dirichlet_intervals
            item_mean share_interval standard_error variance_parts""",
        "measurement": "AbstentionQuality Estimate Measurement Pattern Rates Span",
        "outcomes": "CODES CORRECT Counts ERROR GRADED IDK MISSING OUTCOMES",
        "paired": """
            Crossing Difference FiellerSet achieved_power crossing crossing_interval difference sample_size
            sign_flip sign_flip_of_differences size_for_half_width variance_of_difference z_test""",
        "rank_sets": "RankSet Reign holm rank_confidence_sets simultaneous_band winners",
        "rates": """
            abstention_rate accuracy accuracy_given_attempted breakeven coverage error_given_attempted
            error_given_not_correct error_rate omniscience_index simpleqa_f""",
        "threshold": """
            ConfidenceTarget DecisionCurve check_counts check_threshold decision_curve normalized_score penalty
            score sweep""",
    }.items()
    for name in names.split()
}
"""Public name → its module; each is imported when it is first used."""


def __getattr__(name: str) -> Any:
    if name in _HOMES.values():
        return import_module(f"evalkit.metrics.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'evalkit.metrics' has no attribute {name!r}")
    value = getattr(import_module(f"evalkit.metrics.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
