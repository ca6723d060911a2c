"""Small figures of a run's page as SVG, drawn by the server so that the page needs no script."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.metrics import calibration
from evalkit.metrics.behavioural_calibration import Behaviour
from evalkit.report.table import number

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 420, 240, 40, 30, 10, 10
LARGEST = 12.0
"""Radius of the dot that stands for all answers, pixels."""

Point = tuple[float, float]


def behaviour_figure(audit: Behaviour) -> str:
    """Draw share answered and accuracy of the answers against the stated target; accuracy should reach the diagonal."""
    coverage = [(a.t, a.coverage) for a in audit.targets]
    accuracy = [(a.t, a.accuracy_given_attempted) for a in audit.targets if a.accuracy_given_attempted is not None]
    drawn = "".join(
        _line(points, kind) + "".join(_dot(point, kind, 3.5) for point in points)
        for points, kind in ((coverage, "coverage"), (accuracy, "accuracy"))
    )
    caption = (
        f"The prompt states t (open), n = {audit.targets[0].n:,} at each:"
        ' <span class="coverage">share answered (circles)</span> and'
        ' <span class="accuracy">accuracy of those answered (squares)</span>, which should reach the diagonal.'
    )
    return _figure("Coverage and accuracy against t", drawn, caption)


def reliability_figure(p: Sequence[float], y: Sequence[int]) -> str:
    """Draw accuracy against confidence in ten bins of equal width.

    Args:
        p: confidence of each answer, in [0, 1].
        y: 1 where the answer is right, 0 where it is not; as many.
    """
    bins = calibration.reliability(p, y)
    drawn = _line([(one.confidence, one.accuracy) for one in bins], "coverage") + "".join(
        _dot((one.confidence, one.accuracy), "coverage", max(2.5, LARGEST * (one.n / len(p)) ** 0.5)) for one in bins
    )
    area = calibration.auroc(p, y)
    caption = (
        f"Accuracy against confidence, n = {len(p):,} answers at all targets; ECE {number(calibration.ece(p, y))},"
        f" AUROC {'–' if area is None else number(area)}. A larger dot stands for more answers; below the diagonal"
        " the model is overconfident."
    )
    return _figure("Accuracy against confidence", drawn, caption)


def _figure(label: str, drawn: str, caption: str) -> str:
    ticks = "".join(
        f'<text x="{LEFT - 6}" y="{_at((0, v))[1] + 4:.0f}" text-anchor="end">{v:g}</text>'
        f'<text x="{_at((v, 0))[0]:.0f}" y="{HEIGHT - 12}" text-anchor="middle">{v:g}</text>'
        for v in (0, 0.5, 1)
    )
    axes = _line([(0, 1), (0, 0), (1, 0)], "axis") + _line([(0, 0), (1, 1)], "diagonal")
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{axes}{drawn}{ticks}</svg>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _line(points: Sequence[Point], kind: str) -> str:
    shown = " ".join("{:.1f},{:.1f}".format(*_at(point)) for point in points)
    return f'<polyline class="{kind}" points="{shown}"/>'


def _dot(point: Point, kind: str, radius: float) -> str:
    x, y = _at(point)
    if kind == "accuracy":  # its shape differs too
        side = 2 * radius
        return f'<rect class="{kind}" x="{x - radius:.1f}" y="{y - radius:.1f}" width="{side}" height="{side}"/>'
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'


def _at(point: Point) -> Point:
    """Convert a point of the unit square to pixels."""
    return LEFT + point[0] * (WIDTH - LEFT - RIGHT), TOP + (1 - point[1]) * (HEIGHT - BOTTOM - TOP)
