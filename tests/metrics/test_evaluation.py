"""A metric is a function of counts or of items; its value is a finite number, or None."""

from __future__ import annotations

import math
from typing import Any

import pytest

from evalkit.metrics import Counts, Measurement, Pattern, catalog, compute_metric, item_counts, rates, total_counts

SIX_ITEMS = Measurement.of_items(
    [
        Pattern(correct=2),
        Pattern(correct=1, error=1),
        Pattern(error=2),
        Pattern(idk=2, answerable=False),
        Pattern(correct=1, missing=1),
        Pattern(missing=2),
    ]
)


def test_counts_add_up() -> None:
    """N is what was graded, attempted what made a claim; a missing answer is neither."""
    counts = Counts(correct=3, error=2, idk=4, missing=1)
    assert (counts.n, counts.attempted) == (9, 5)


@pytest.mark.parametrize("wrong", [{"error": -1}, {"missing": -2}, {"credit": 1.2}, {"credit": math.nan}])
def test_impossible_counts_are_refused(wrong: dict[str, Any]) -> None:
    """A count below 0 and a credit outside [0, 1] are mistakes of the caller."""
    with pytest.raises(ValueError, match=r"negative|out of range"):
        Counts(**wrong)


def test_a_metric_of_counts_receives_the_counts_of_all_answers() -> None:
    """With the mean partial credit, where there is one."""
    seen: list[Counts] = []

    def share(counts: Counts) -> float:
        seen.append(counts)
        return counts.correct / counts.n

    assert compute_metric(share, SIX_ITEMS, credit=0.5) == pytest.approx(4 / 9)
    assert seen == [Counts(correct=4, error=3, idk=2, missing=3, credit=0.5)] == [total_counts(SIX_ITEMS, 0.5)]


def test_a_metric_of_items_receives_the_counts_of_each_item() -> None:
    """An item without a verdict is left out; the order of the others says nothing."""

    def always_right(items: list[Counts]) -> float:
        return sum(item.correct == item.n for item in items) / len(items)

    assert compute_metric(always_right, SIX_ITEMS) == pytest.approx(2 / 5)
    assert sorted(map(repr, item_counts(SIX_ITEMS))) == sorted(
        map(
            repr,
            [
                Counts(correct=2),
                Counts(correct=1, error=1),
                Counts(error=2),
                Counts(idk=2, answerable=False),
                Counts(correct=1, missing=1),
            ],
        )
    )


def test_an_undefined_metric_is_none() -> None:
    """Where the function returns None, and where nothing was graded, in which case it is not called."""

    def undefined(counts: Counts) -> None:
        assert counts.n

    assert compute_metric(undefined, SIX_ITEMS) is None
    assert compute_metric(undefined, Measurement.of_counts(0, 0, 0, 5)) is None


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("0.5", TypeError, "returned '0.5', not a number"),
        (True, TypeError, "returned True, not a number"),
        ([1.0], TypeError, "not a number"),
        (math.nan, ValueError, "returned nan; return None where the number is undefined"),
        (math.inf, ValueError, "returned inf"),
    ],
)
def test_a_value_that_is_no_finite_number_is_refused(value: Any, error: type[Exception], message: str) -> None:
    """A report could not print it, and JSON could not hold it."""
    with pytest.raises(error, match=message):
        compute_metric(lambda counts: value, SIX_ITEMS)  # noqa: ARG005 - the name is what is read


def test_the_parameter_says_what_a_metric_works_on() -> None:
    """Any other name, or none, is refused."""
    for function in (lambda rows: rows[0], lambda: 1.0):
        with pytest.raises(TypeError, match="must be called counts or items"):
            compute_metric(function, SIX_ITEMS)


def test_the_metrics_that_evalkit_registers_are_the_published_rates() -> None:
    """SimpleQA's F, and index and hallucination rate of AA-Omniscience."""
    measurement = Measurement.of_counts(60, 25, 15)
    assert compute_metric(catalog.simpleqa_f, measurement) == rates.simpleqa_f(60, 25, 15)
    assert compute_metric(catalog.omniscience_index, measurement) == 35
    assert compute_metric(catalog.hallucination_rate, measurement) == 0.625
    assert compute_metric(catalog.hallucination_rate, Measurement.of_counts(5, 0, 0)) is None
