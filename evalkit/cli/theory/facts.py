"""`evalkit theory facts`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import Share, command
from evalkit.cli.printing import output_options, print_result


@command("facts")
@click.option(
    "--n", type=click.IntRange(10, 10**6), default=10_000, show_default=True, metavar="N", help="Sentences of the text."
)
@click.option(
    "--people", type=click.IntRange(2, 10**6), metavar="N",
    help="People who may be written about. Default: twice the sentences.",
)  # fmt: skip
@click.option("--alpha", type=Share(0, 1), default=0.8, show_default=True, help="How often a sentence gives the date.")
@click.option("--noise", type=Share(0, 0.99), default=0.0, show_default=True, help="Share of false dates in the text.")
@click.option("--shift", is_flag=True, help="Ask in words that the text does not hold.")
@click.option(
    "--questions", type=click.IntRange(1, 10**6), default=2000, show_default=True, metavar="N",
    help="Questions asked of the model.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S", help="Draws text and questions."
)
@output_options
def facts(*, plot: Path | None, as_json: bool, **given: Any) -> None:
    """Write a text about people's birthdays, train a language model on it, and ask it: Theorem 2.

    The figure shows the singleton rate and the errors over the size of the text, and whom the errors are about.

    \b
    evalkit theory facts --n 10000
    evalkit theory facts --n 10000 --noise 0.05 --shift
    """
    from evalkit.theory import measure_facts

    print_result(measure_facts(**given), as_json, plot)
