"""The measurement: items are the unit, missing answers widen the score, nothing else changes a number."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import evalkit
from evalkit.metrics import threshold
from evalkit.metrics.measurement import Measurement, Pattern, normalized

TARGETS = (0.0, 0.5, 0.75, 0.9)
OUTCOMES = ("correct", "error", "idk", "missing")
answers = st.lists(st.tuples(st.integers(0, 6), st.sampled_from(OUTCOMES), st.booleans()), min_size=1, max_size=40).map(
    lambda rows: [(item, outcome, item % 3 > 0) for item, outcome, _ in rows]
)


def measured(rows: list[tuple[int, str, bool]]) -> Measurement:
    """A measurement of (item, outcome, answerable) rows."""
    items, outcomes, answerable = zip(*rows, strict=True)
    return Measurement.of_arrays(items, outcomes, answerable)


@pytest.mark.slow
@given(answers, st.integers(1, 20))
def test_identical_epochs_change_nothing_but_the_number_of_answers(rows: list[tuple[int, str, bool]], k: int) -> None:
    """Each answer said k times over is still one item's answer: same rates, intervals and ranges."""
    single = [(position, outcome, flag) for position, (_, outcome, flag) in enumerate(rows)]
    once, often = measured(single), measured(single * k)
    assert often.n == once.n * k
    assert once.rates == often.rates
    for t in TARGETS:
        assert once.score(t) == often.score(t)
        assert once.span(t) == often.span(t)


def test_thirty_questions_are_thirty_questions_at_any_number_of_identical_epochs() -> None:
    """One epoch and twenty give the same digits."""
    once = Measurement.of_counts(12, 10, 8)
    often = Measurement.of_items([Pattern(20)] * 12 + [Pattern(0, 20)] * 10 + [Pattern(0, 0, 20)] * 8)
    assert once.scores(TARGETS) == often.scores(TARGETS)


@given(answers)
def test_order_and_names_do_not_matter(rows: list[tuple[int, str, bool]]) -> None:
    """Shuffled records with renamed items are the same measurement."""
    shuffled = [(f"item {item}", outcome, flag) for item, outcome, flag in rows]
    random.Random(0).shuffle(shuffled)
    names, outcomes, answerable = zip(*shuffled, strict=True)
    assert Measurement.of_arrays(names, outcomes, answerable) == measured(rows)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.sampled_from(TARGETS))
def test_one_answer_an_item_is_the_rule_of_counts(correct: int, error: int, idk: int, t: float) -> None:
    """The value of the threshold rule, with the interval that `evalkit.score` prints."""
    if not correct + error + idk:
        return
    estimate = Measurement.of_counts(correct, error, idk).score(t)
    card = evalkit.score(correct=correct, error=error, idk=idk, threshold=t)
    assert estimate is not None
    assert estimate.value == threshold.score(correct, error, idk, t)
    assert (estimate.low, estimate.high) == card.scores[0].ci95


@given(answers, st.sampled_from(TARGETS))
def test_the_range_holds_whatever_the_missing_answers_were(rows: list[tuple[int, str, bool]], t: float) -> None:
    """Filling each gap with any outcome that its item allows lands inside."""
    span = measured(rows).span(t)
    filled = [row for row in rows if row[1] != "missing"]
    if span is None:
        assert len(filled) == len(rows)
        return
    for choice in ("error", "idk", "correct"):
        whole = [
            (item, ("idk" if choice == "correct" and not flag else choice) if outcome == "missing" else outcome, flag)
            for item, outcome, flag in rows
        ]
        estimate = measured(whole).score(t)
        assert estimate is not None
        assert span.low - 1e-12 <= estimate.value <= span.high + 1e-12


def test_with_every_answer_missing_there_is_no_point_only_the_range() -> None:
    """From all wrong to all right."""
    nothing = Measurement.of_counts(0, 0, 0, missing=5)
    assert (nothing.score(0.75), nothing.rates, nothing.accuracy_given_attempted) == (None, None, None)
    span = nothing.span(0.75)
    assert span is not None
    assert (span.low, span.high) == (-3, 1)


def test_a_missing_answer_to_an_unanswerable_item_is_at_best_idk() -> None:
    """Nothing can be right there."""
    span = Measurement.of_items([Pattern(missing=1, answerable=False)]).span(0.5)
    assert span is not None
    assert (span.low, span.high) == (-1, 0)


def test_epochs_that_disagree_have_the_error_of_item_means() -> None:
    """Four items of three epochs: .5507, where pooling twelve answers would claim .4943."""
    items = [Pattern(2, 1), Pattern(0, 0, 3), Pattern(1, 2), Pattern(3)]
    estimate = Measurement.of_items(items).score(0.75)
    assert estimate is not None
    assert estimate.se == pytest.approx(0.5506729889333059)


def test_abstention_is_measured_where_items_of_both_kinds_are_mixed() -> None:
    """Precision, recall and F1 of IDK as a detector of unanswerable items; none where all are of one kind."""
    items = [Pattern(idk=1, answerable=False)] * 3 + [Pattern(error=1, answerable=False)] + [Pattern(1)] * 5
    quality = Measurement.of_items([*items, Pattern(idk=1)]).abstention
    assert quality is not None
    assert (quality.precision, quality.recall, quality.f1) == (0.75, 0.75, 0.75)
    assert quality.over_abstention == pytest.approx(1 / 6)
    assert Measurement.of_counts(1, 1, 1).abstention is None


@given(answers, st.sampled_from(TARGETS))
def test_normalized_scores_lie_in_the_unit_interval(rows: list[tuple[int, str, bool]], t: float) -> None:
    """N_t orders as S_t does and never leaves [0, 1]."""
    estimate = measured(rows).score(t)
    if estimate is not None:
        assert -1e-12 <= normalized(estimate.value, t) <= 1 + 1e-12
