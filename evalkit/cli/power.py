"""`evalkit power`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli.completion import complete_runs
from evalkit.cli.options import command as new_command
from evalkit.cli.options import names_option, stated, threshold_option
from evalkit.errors import UsageError
from evalkit.runs.folder import DEFAULT_FOLDER

if TYPE_CHECKING:
    from evalkit.display import Printable


@new_command("power", short_help="How many questions a comparison or an interval needs.")
@click.argument("pilots", nargs=-1, metavar="[A B]", shell_complete=complete_runs)
@names_option("--model", "models", metavar="A,B", help="A's model and B's, of runs that hold several.")
@threshold_option(help="Default: 0,0.5,0.75,0.9.")
@click.option("--effect", type=float, metavar="D", help="Difference of scores to find. Default: that of A and B.")
@click.option("--power", type=float, default=0.8, show_default=True, help="Probability to find it.")
@click.option("--accuracy", type=float, metavar="X", help="Without runs: expected share of right answers.")
@click.option("--error", type=float, metavar="X", help="Without runs: expected share of wrong answers.")
@click.option(
    "--half-width", type=float, default=0.02, show_default=True, help="Without runs: half width of the 95% interval."
)
@click.option(
    "--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are looked for by name."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    pilots: tuple[str, ...], *, models: list[str], thresholds: list[float | None], as_json: bool, **given: Any
) -> None:
    """Say how many questions are needed: to tell two models apart, or for an interval of a given width.

    \b
    evalkit power A B --threshold 0.75               from two runs on the same questions
    evalkit power --accuracy 0.4 --error 0.2         for an interval of ± 0.02
    """
    from evalkit.cli.printing import print_result
    from evalkit.report.power import power

    if len(pilots) > 2:  # noqa: PLR2004 - A and B
        raise UsageError(f"power compares two runs; given are {len(pilots)}")
    ts = stated(thresholds, "power")
    settings = given | ({"thresholds": ts} if ts else {}) | ({"models": models} if models else {})
    call: Callable[..., Printable] = power
    print_result(call(*pilots, **settings), as_json)
