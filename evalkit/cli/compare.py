"""`evalkit compare`."""

from __future__ import annotations

import click

from evalkit.cli.options import command as new_command
from evalkit.cli.options import stated, threshold_option
from evalkit.runs.folder import DEFAULT_FOLDER


@new_command("compare", short_help="Compare two runs on the samples that both have.")
@click.argument("a")
@click.argument("b")
@threshold_option(help="Confidence targets at which they are compared.")
@click.option(
    "--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are looked for by name."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(a: str, b: str, *, thresholds: list[float | None], out: str, as_json: bool) -> None:
    """Compare two runs: paired difference, its interval, an exact test, and which samples flip.

    \b
    evalkit compare 20261121-2104-letters 20261121-2130-letters --threshold 0.75
    """
    from evalkit.analysis.comparison import compare
    from evalkit.cli.printing import print_document
    from evalkit.report.compare import document, print_comparison

    comparison = compare(a, b, stated(thresholds, "a comparison of answers"), out)
    if as_json:
        print_document(document(comparison))
    else:
        print_comparison(comparison)
