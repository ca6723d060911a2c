"""Numbers that benchmarks' publishers report, on counts worked out by hand."""

from __future__ import annotations

import math

import pytest

from evalkit.metrics import catalog
from evalkit.metrics.outcomes import Counts

IFEVAL = {
    "prompts": 4, "prompts_strict": 1, "prompts_loose": 2, "instructions": 10, "instructions_strict": 6,
    "instructions_loose": 7,
}  # fmt: skip


def test_macro_accuracy_weighs_every_stratum_alike() -> None:
    """1/1 and 1/4 give 0.625, whatever the pooled accuracy; a stratum without answers is left out."""
    strata = {"a": Counts(correct=1), "b": Counts(correct=1, error=2, idk=1), "c": Counts(missing=3)}
    assert catalog.macro_accuracy(Counts(correct=2, error=2, idk=1, strata=strata)) == 0.625
    assert catalog.macro_accuracy(Counts(correct=2)) is None


def test_accuracy_given_attempted_leaves_out_idk() -> None:
    """3 of 4 attempts; nothing where nothing was attempted."""
    assert catalog.accuracy_given_attempted(Counts(correct=3, error=1, idk=6)) == 0.75
    assert catalog.accuracy_given_attempted(Counts(idk=6)) is None


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        (catalog.ifeval_prompt_strict, 0.25),
        (catalog.ifeval_prompt_loose, 0.5),
        (catalog.ifeval_instruction_strict, 0.6),
        (catalog.ifeval_instruction_loose, 0.7),
    ],
)
def test_ifeval_has_four_accuracies(metric: object, value: float) -> None:
    """Shares of prompts and of instructions."""
    assert callable(metric)
    assert metric(Counts(correct=1, error=3, measures=IFEVAL)) == value
    assert metric(Counts(correct=1)) is None


def test_hles_calibration_error_leaves_out_the_last_bin() -> None:
    """100 answers at 0.5, half right, then 100 at 0.9, of which the first bin alone counts: 0.1 · √(100/250)."""
    low = [(0.4, k < 50) for k in range(100)]
    high = [(0.9, True)] * 150
    counts = Counts(correct=200, error=50, confidences=[*high, *low])
    assert catalog.calibration_error(counts) == pytest.approx(0.1 * math.sqrt(100 / 250))
    assert catalog.calibration_error(Counts(correct=1, confidences=[(0.5, True)] * 150)) is None


def test_wb_score_is_twice_the_mean_mark_less_five() -> None:
    """Marks 9 and 6, and an abstention as 1: mean 16/3."""
    counts = Counts(correct=1, error=1, idk=1, credit=0.7, measures={"mark": 15, "marks": 2})
    assert catalog.wb_score(counts) == pytest.approx(2 * (16 / 3 - 5))
    assert catalog.wb_score(Counts(correct=1)) is None


def test_wb_reward_counts_an_abstention_as_much_worse() -> None:
    """+1 and −0.5, and one without a comparison."""
    counts = Counts(correct=1, error=1, idk=1, measures={"reward": 0.5, "comparisons": 2})
    assert catalog.wb_reward(counts) == pytest.approx(100 * (0.5 - 1) / 3)


def test_truthful_counts_an_abstention_as_true() -> None:
    """As TruthfulQA does."""
    assert catalog.truthful(Counts(correct=1, error=2, idk=1)) == 0.5
