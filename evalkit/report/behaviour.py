"""The behavioural calibration report in words that a reader can act on."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.metrics.behavioural_calibration import AtTarget, Behaviour
from evalkit.metrics.threshold import penalty
from evalkit.report.table import number, percent

LEVEL = 0.05
NOTABLE = 0.02
"""Shares and points below which a sentence is left out."""


def audit_lines(audit: Behaviour) -> Iterator[str]:
    """Sentences on one task: what the stated cost changed, and what a better use of it would have earned.

    Args:
        audit: of at least two targets.
    """
    lowest, highest = audit.targets[0], audit.targets[-1]
    yield from _coverage(lowest, highest)
    for at in audit.targets:
        if at.deficiency_p is not None and at.deficiency_p < LEVEL and at.accuracy_given_attempted is not None:
            yield (
                f"Asked to answer only if more than {percent(at.t)} sure, it was right in {at.correct} of"
                f" {at.correct + at.error} answers: too few for that (p {_p(at.deficiency_p)})."
            )
    yield from _refused(audit)
    yield from _incentives(audit)
    if audit.non_monotone > NOTABLE:
        n = audit.targets[0].n
        turned = round(audit.non_monotone * n)
        yield f"On {turned} of {n} questions it abstained at a lower t and answered at a higher one."


def _coverage(lowest: AtTarget, highest: AtTarget) -> Iterator[str]:
    low, high = lowest.correct + lowest.error, highest.correct + highest.error
    cost = _points(highest.t)
    if not low:
        yield f"It answered nothing at t = {lowest.t:g} already: no mistakes, and nothing that shows what it knows."
        return
    if not high:
        yield f"Told that a mistake costs {cost}, it answered nothing: no mistakes, and nothing to judge it by."
        return
    still = "still answered" if high <= low else "answered"
    yield (
        f"Told that a mistake costs {cost} (t = {highest.t:g}), it {still} {high} of {highest.n}, after {low} at"
        f" t = {lowest.t:g}; {percent(highest.error / high)} of those answers were wrong."
    )


def _refused(audit: Behaviour) -> Iterator[str]:
    for at in audit.targets:
        if at.refused_accuracy is not None and at.refused_accuracy > at.t + NOTABLE:
            yield (
                f"Of the {at.idk} that it refused at t = {at.t:g}, it gets {percent(at.refused_accuracy)} right when"
                " made to answer: more than the target asks for, so it refused too much."
            )


def _incentives(audit: Behaviour) -> Iterator[str]:
    worst = max(audit.targets, key=lambda at: at.incentive_gap * (1 - at.t))
    if worst.incentive_gap * (1 - worst.t) <= NOTABLE:
        return
    k = audit.targets.index(worst)
    scores = audit.cross_scores[k]
    best = max(range(len(scores)), key=lambda j: scores[j])
    instead = "never answering" if scores[best] <= 0 else f"answering as it did at t = {audit.targets[best].t:g}"
    gap = number(worst.incentive_gap)
    yield f"At t = {worst.t:g} it would have scored {gap} points a question more by {instead}."


def _points(t: float) -> str:
    cost = f"{penalty(t):.3g}"
    return f"{cost} point" if cost == "1" else f"{cost} points"


def _p(value: float) -> str:
    return f"= {value:.2g}" if value >= 0.001 else "below 0.001"  # noqa: PLR2004 - nobody needs more digits
