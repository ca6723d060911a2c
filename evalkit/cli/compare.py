"""`evalkit compare`."""

from __future__ import annotations

import json

import click

from evalkit.cli.options import Thresholds
from evalkit.errors import UsageError
from evalkit.runs.folder import DEFAULT_FOLDER


@click.command("compare", short_help="Compare two runs on the samples that both have.")
@click.argument("a")
@click.argument("b")
@click.option("--threshold", "thresholds", type=Thresholds(), metavar="T,…", help="Where they are compared.")
@click.option(
    "--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are looked for."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(a: str, b: str, *, thresholds: list[float | None] | None, out: str, as_json: bool) -> None:
    """Compare two runs: paired difference, its interval, an exact test, and which samples flip.

    \b
    evalkit compare 20261121-2104-letters 20261121-2130-letters --threshold 0.75
    """
    from evalkit.analysis.comparison import compare
    from evalkit.report.compare import document, print_comparison

    if thresholds and None in thresholds:
        raise UsageError("--threshold none: answers that were told nothing are compared at targets, such as 0,0.75")
    found = compare(a, b, [t for t in thresholds or () if t is not None], out)
    if as_json:
        click.echo(json.dumps(document(found), ensure_ascii=False, indent=1, allow_nan=False))
    else:
        print_comparison(found)
