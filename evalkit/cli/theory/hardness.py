"""`evalkit theory hardness`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from evalkit.cli.theory.printing import Share, draw, output_options, print_document, print_rows

STEPS = 20
"""Of the share that it breaks, in the figure."""


@click.command("hardness")
@click.option("--messages", type=click.IntRange(2, 10**6), default=16, show_default=True, metavar="N")
@click.option("--knows", type=Share(0, 1), default=0.0, show_default=True, help="Share of the codes that it breaks.")
@click.option("--abstains", type=Share(0, 1), default=0.0, show_default=True, help="Probability of IDK, of the rest.")
@output_options
def hardness(*, messages: int, knows: float, abstains: float, plot: Path | None, as_json: bool) -> None:
    """Observation 2: who cannot break a code decrypts wrongly, or says IDK and is uncalibrated.

    The figure shows error and bound from a model that breaks no code to one that breaks all.
    """
    from evalkit.theory.decryption import decryption

    found = decryption(messages, knows, abstains)
    if plot:
        from evalkit.report import theory

        many = [(k / STEPS, decryption(messages, k / STEPS, abstains)) for k in range(STEPS + 1)]
        draw(plot, theory.hardness_figure(many, messages, abstains))
    if as_json:
        print_document(dataclasses.asdict(found))
        return
    print_rows(
        [
            ("err", found.error, "how often it states a wrong message"),
            ("β", found.beta, "its advantage in telling right from wrong: err_iiv = (1 − β)/2"),
            ("δ", found.delta, "how far it is from calibrated at the threshold"),
            ("bound", found.bound, "Observation 2: 1 − β − 2/(|M| − 1) − δ ≤ err"),
            ("slack", found.error - found.bound, "how far the error is above it; never below 0"),
        ],
        f"With {messages} messages the bound says at least {max(0.0, found.bound):.1%}; it errs on {found.error:.1%}.",
    )
