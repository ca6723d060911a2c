"""Compute a registered metric: a function of `counts`, or of `items`, on a measurement.

A metric is a function whose first parameter is called `counts` (the `Counts` of a scorecard) or `items` (a list with
the `Counts` of each item over its epochs). It returns a finite number, or None where the number is undefined.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from numbers import Real
from typing import Any

from evalkit.metrics.measurement import Measurement, Pattern
from evalkit.metrics.outcomes import Counts, Details

MetricFunction = Callable[..., float | None]


def compute_metric(
    function: MetricFunction,
    measurement: Measurement,
    credit: float | None = None,
    *,
    details: Details | None = None,
) -> float | None:
    """Return the value of a metric on what was measured; None where nothing was graded, or it is undefined.

    Args:
        function: the metric; its first parameter is called `counts` or `items`.
        measurement: outcomes of one condition on one set of items.
        credit: mean partial credit in [0, 1], handed to a metric of counts; None where there is none.
        details: what else a metric of counts may know, credit included.

    Raises:
        TypeError: the first parameter has another name, or the value is not a number.
        ValueError: the value is NaN or infinite.

    Whatever the function itself raises passes through.
    """
    takes = next(iter(inspect.signature(function).parameters), "")
    if takes not in {"counts", "items"}:
        raise TypeError(f"the first parameter of a metric must be called counts or items, not {takes or 'nothing'}")
    if not measurement.items:
        return None
    known = details or Details(credit=credit)
    given: Any = total_counts(measurement, details=known) if takes == "counts" else item_counts(measurement)
    value: object = function(given)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"returned {value!r}, not a number or None")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"returned {number}; return None where the number is undefined")
    return number


def total_counts(measurement: Measurement, credit: float | None = None, *, details: Details | None = None) -> Counts:
    """Return the counts of all answers measured.

    Args:
        measurement: outcomes of one condition on one set of items.
        credit: mean partial credit in [0, 1]; None where there is none.
        details: what else is known of the answers, credit included.

    Raises:
        ValueError: the credit is out of range.
    """
    return Counts(
        correct=measurement.correct,
        error=measurement.error,
        idk=measurement.idk,
        missing=measurement.missing,
        credit=details.credit if details else credit,
        strata=details.strata if details else {},
        measures=details.measures if details else {},
        confidences=details.confidences if details else (),
    )


def item_counts(measurement: Measurement) -> list[Counts]:
    """Return the counts of each item that has a verdict, over its epochs; n is at least 1.

    A measurement keeps no order of items: those of equal counts stand next to each other.

    Args:
        measurement: outcomes of one condition on one set of items.
    """
    return [
        counts
        for pattern, items in measurement.patterns.items()
        if pattern.graded
        for counts in [_counts(pattern)] * items
    ]


def _counts(pattern: Pattern) -> Counts:
    return Counts(
        correct=pattern.correct,
        error=pattern.error,
        idk=pattern.idk,
        missing=pattern.missing,
        answerable=pattern.answerable,
    )
