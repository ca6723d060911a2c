"""Evaluate registered metrics for a scorecard: the user's own numbers beside the scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from evalkit import plugins
from evalkit.errors import UsageError
from evalkit.metrics.evaluation import compute_metric
from evalkit.metrics.measurement import Measurement
from evalkit.metrics.outcomes import Details


class OwnMetrics(NamedTuple):
    """The values of one card's metrics."""

    values: dict[str, float | None]
    """Name → value; None if it is undefined or the metric failed."""
    problems: dict[str, str]
    """Name → why it failed; a failing metric costs the run only that number."""


def evaluate(measured: Measurement, details: Details, names: Iterable[str] = ()) -> OwnMetrics:
    """Compute every installed metric, and the named ones.

    Args:
        measured: outcomes of one card.
        details: what else is known of its answers.
        names: further metrics: `file.py::name`.

    Raises:
        UsageError: a named metric is unknown.
    """
    values: dict[str, float | None] = {}
    problems: dict[str, str] = {}
    for name in [*plugins.names("metrics"), *names]:
        function = _metric(name)
        key = name.rpartition("::")[2]
        try:
            values[key] = compute_metric(function, measured, details=details)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plug-in may raise anything
            values[key] = None
            problems[key] = f"metric {name}: {plugins.described(error)}"
    return OwnMetrics(values, problems)


def check_reported(task: str, names: Iterable[str]) -> None:
    """Check that the metrics a task reports are installed.

    Raises:
        UsageError: one is not; the text names the task.
    """
    installed = plugins.names("metrics")
    for name in names:
        if name not in installed:
            raise UsageError(f"task {task} reports the metric {name!r}, which is not installed: {', '.join(installed)}")


def check(names: Iterable[str]) -> None:
    """Check before a run starts that its metrics can be found.

    Raises:
        UsageError: a metric is unknown, or two have the same name.
    """
    keys = [*plugins.names("metrics")]
    for name in names:
        _metric(name)
        key = name.rpartition("::")[2]
        if key in keys:
            raise UsageError(f"metric {name}: another metric is also called {key}")
        keys.append(key)


def shown_first(names: Iterable[str], reported: Iterable[str] = ()) -> list[str]:
    """Metrics shown on screen: the publisher's, the named ones, and those that other packages registered."""
    installed = plugins.names("metrics")
    others = [name for name in installed if not _metric(name).__module__.startswith("evalkit.")]
    known = [name for name in reported if name in installed]
    return list(dict.fromkeys([*known, *(name.rpartition("::")[2] for name in names), *others]))


@lru_cache(maxsize=256)
def _metric(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = plugins.find("metrics", name)
    return function
