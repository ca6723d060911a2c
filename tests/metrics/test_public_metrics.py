"""evalkit.metrics is a public package: its names are pinned, and its documentation is complete and true."""

from __future__ import annotations

import doctest
import subprocess
import sys

import pytest
from documentation import gaps, public_functions

from evalkit import metrics
from evalkit.records import Outcome

NAMES = """
    AbstentionQuality AtTarget Band Behaviour Bin Bounds CODES CORRECT ClusterMean ConfidenceTarget Counts Crossing
    DecisionCurve Difference ERROR Estimate FiellerSet GRADED IDK ItemMean MISSING Measurement Murphy OUTCOMES Pattern
    RankSet Rates Reign RiskCoverage Span VarianceParts abstention_rate accuracy accuracy_given_attempted
    achieved_power augrc auroc aurc behaviour best_aurc beta_average bin_numbers binomial_tail breakeven brier
    check_counts check_threshold cluster_mean compute_metric confidence_score counts_at coverage crossing
    crossing_interval debiased_squared_error decision_curve difference dirichlet_interval dirichlet_intervals ece
    error_given_attempted error_given_not_correct error_rate grid_average holm integral_score item_counts item_mean
    mean_normalized murphy normalized_score omniscience_index penalty rank_confidence_sets reliability risk_coverage
    sample_size score share_interval sign_flip sign_flip_of_differences simpleqa_f simultaneous_band
    size_for_half_width smooth_ece standard_error sweep total_counts variance_of_difference variance_parts winners
    z_test
"""


def test_the_public_names_are_pinned() -> None:
    """Adding or removing one is a decision; each can be imported and is documented."""
    assert sorted(metrics.__all__) == sorted(NAMES.split())
    assert len(set(metrics.__all__)) == len(metrics.__all__)
    assert dir(metrics) == sorted(metrics.__all__)
    for name in metrics.__all__:
        assert getattr(metrics, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nosuch'"):
        metrics.nosuch  # noqa: B018 - the access is what is tested


def test_every_public_function_describes_its_parameters_and_errors() -> None:
    """The docstring names each parameter, and each error that the function itself raises."""
    incomplete = {name: gaps(function) for name, function in public_functions(metrics) if "measurement." not in name}
    assert len(incomplete) > 50
    assert {name: missing for name, missing in incomplete.items() if missing} == {}


def test_the_examples_of_the_guide_give_what_it_says() -> None:
    """The package's docstring is a doctest, and names every module."""
    assert doctest.testmod(metrics) == (0, 3)
    assert metrics.__doc__ is not None
    for module in set(metrics._HOMES.values()) | {"catalog"}:
        assert f"| `{module}` |" in metrics.__doc__


def test_importing_the_package_imports_no_numpy() -> None:
    """Names load their module when they are first used, so that the command line starts without numpy."""
    code = "import sys; from evalkit.metrics import ConfidenceTarget, Counts; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_submodules_are_attributes() -> None:
    """`evalkit.metrics.paired` needs no import of its own."""
    code = "import evalkit; assert evalkit.metrics.paired.sign_flip"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_outcomes_have_one_encoding() -> None:
    """Names of outcomes, as the records have them, map to 0, 1, 2 and 3."""
    assert [metrics.CODES[outcome] for outcome in (Outcome.CORRECT, Outcome.ERROR, Outcome.IDK, Outcome.MISSING)] == [
        metrics.CORRECT,
        metrics.ERROR,
        metrics.IDK,
        metrics.MISSING,
    ]
    assert set(metrics.OUTCOMES) == {outcome.value for outcome in Outcome}
    assert metrics.GRADED == ("correct", "error", "idk")
