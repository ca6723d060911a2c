"""`evalkit theory bounds`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import command
from evalkit.cli.printing import output_options, print_result


@command("bounds")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S", help="Draws the world.")
@click.option("--prompts", type=click.IntRange(1, 10_000), default=20, show_default=True, metavar="N", help="Prompts.")
@click.option(
    "--responses", type=click.IntRange(2, 10_000), default=50, show_default=True, metavar="N",
    help="Most responses of a prompt.",
)  # fmt: skip
@click.option(
    "--model", type=click.Choice(["dirichlet", "sharp", "uniform", "truth", "wrong"]), default="dirichlet",
    show_default=True, help="How the model's probabilities are drawn.",
)  # fmt: skip
@output_options
def bounds(*, plot: Path | None, as_json: bool, **given: Any) -> None:
    """Relate a model's error to its error as a classifier of valid responses, by Theorem 1, on a world drawn at random.

    Every prompt has one or two valid responses among at least half of `--responses`. The figure shows the error of a
    hundred worlds of each kind of model against the bound.

    \b
    evalkit theory bounds --model sharp
    """
    from evalkit.theory import measure_bounds

    print_result(measure_bounds(**given), as_json, plot)
