"""`evalkit theory ngram`."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.options import command
from evalkit.cli.printing import output_options, print_result


@command("ngram")
@click.option(
    "--orders", type=click.IntRange(1, 50), default=11, show_default=True, metavar="N", help="Highest order measured."
)
@output_options
def ngram(*, orders: int, plot: Path | None, as_json: bool) -> None:
    """Complete "She/He lost it and was completely out of …" with models that look back n − 1 words (Corollary 2)."""
    from evalkit.theory import measure_ngrams

    print_result(measure_ngrams(orders), as_json, plot)
