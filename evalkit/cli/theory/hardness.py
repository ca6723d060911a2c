"""`evalkit theory hardness`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import Share, command
from evalkit.cli.printing import output_options, print_result


@command("hardness")
@click.option(
    "--messages", type=click.IntRange(2, 10**6), default=16, show_default=True, metavar="N",
    help="Messages that a code may stand for.",
)  # fmt: skip
@click.option(
    "--knows", type=Share(0, 1), default=0.0, show_default=True, help="Share of the codes that the model breaks."
)
@click.option(
    "--abstains", type=Share(0, 1), default=0.0, show_default=True, help="Probability of IDK on a code it cannot break."
)
@output_options
def hardness(*, plot: Path | None, as_json: bool, **given: Any) -> None:
    """Decrypt a code that a model cannot break: it errs, or says IDK and is uncalibrated (Observation 2).

    The figure shows error and bound from a model that breaks no code to one that breaks all.
    """
    from evalkit.theory import measure_hardness

    print_result(measure_hardness(**given), as_json, plot)
