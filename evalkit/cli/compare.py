"""`evalkit compare`."""

from __future__ import annotations

import click

from evalkit.cli.completion import complete_runs
from evalkit.cli.options import command as new_command
from evalkit.cli.options import names_option, stated, threshold_option
from evalkit.runs.folder import DEFAULT_FOLDER


@new_command("compare", short_help="Compare two runs on the samples that both have.")
@click.argument("a", shell_complete=complete_runs)
@click.argument("b", required=False, metavar="[B]", shell_complete=complete_runs)
@names_option("--model", "models", metavar="A,B", help="A's model and B's, of runs that hold several.")
@threshold_option(help="Confidence targets at which they are compared.")
@click.option(
    "--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are looked for by name."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    a: str, b: str | None, *, models: list[str], thresholds: list[float | None], out: str, as_json: bool
) -> None:
    """Compare two runs, or two models of one: paired difference, interval, exact test, and which samples flip.

    \b
    evalkit compare 20261121-2104-letters 20261121-2130-letters --threshold 0.75
    evalkit compare 20261121-2150-rescored --model gpt-4o,gpt-4o-mini
    """
    from evalkit.cli.printing import print_result
    from evalkit.report.compare import compare

    print_result(compare(a, b, stated(thresholds, "a comparison of answers"), out, models=models), as_json)
