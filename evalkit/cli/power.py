"""`evalkit power`."""

from __future__ import annotations

import click

from evalkit.cli.options import Thresholds
from evalkit.errors import UsageError
from evalkit.runs.folder import DEFAULT_FOLDER


@click.command("power", short_help="How many questions a comparison or an interval needs.")
@click.argument("pilots", nargs=-1, metavar="[A B]")
@click.option("--threshold", "thresholds", type=Thresholds(), metavar="T,…", help="Default: 0,0.5,0.75,0.9.")
@click.option("--effect", type=float, metavar="D", help="Difference of scores to be found. Default: that of A and B.")
@click.option("--power", type=float, default=0.8, show_default=True, help="Probability to find it.")
@click.option("--accuracy", type=float, metavar="X", help="Without runs: expected share of right answers.")
@click.option("--error", type=float, metavar="X", help="Without runs: expected share of wrong answers.")
@click.option("--half-width", type=float, default=0.02, show_default=True, help="Without runs: of the 95% interval.")
@click.option(
    "--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are looked for."
)
def command(
    pilots: tuple[str, ...], *, thresholds: list[float | None] | None, effect: float | None, power: float,
    accuracy: float | None, error: float | None, half_width: float, out: str,
) -> None:  # fmt: skip
    """Say how many questions are needed: to tell two models apart, or for an interval of a given width.

    \b
    evalkit power A B --threshold 0.75               from two runs on the same samples
    evalkit power --accuracy 0.4 --error 0.2         for an interval of ± 0.02
    """
    from evalkit.report.power import print_comparison_sizes, print_interval_sizes

    ts = [t for t in thresholds or (0.0, 0.5, 0.75, 0.9) if t is not None]
    if not 0 < power < 1:
        raise UsageError(f"--power {power:g} must lie between 0 and 1")
    if len(pilots) == 2:  # noqa: PLR2004 - A and B
        print_comparison_sizes(pilots[0], pilots[1], ts, effect, power, out)
        return
    if pilots or accuracy is None or error is None:
        raise UsageError("give two runs, or --accuracy and --error")
    if not (0 <= accuracy <= 1 and 0 <= error <= 1 and accuracy + error <= 1 and half_width > 0):
        raise UsageError("--accuracy and --error are shares that sum to at most 1, and --half-width is above 0")
    print_interval_sizes(accuracy, error, ts, half_width)
